"""Never worse than one table: what was computed against the main table alone, on folds that chose nothing."""

from __future__ import annotations

from dataclasses import replace

from automl.data.rows import Schema
from automl.features.relational.relate import computed_columns
from automl.search.feature_search.gain import gain
from automl.search.problem import REPEAT, Problem
from automl.search.relational_search.compute_all import Computed
from automl.search.relational_search.trial import TrialRoom
from automl.spec.model import Spec


def prove(computed: Computed, problem: Problem, spec: Spec) -> tuple[float, float]:
    """The loss that the computed columns save as a share of the main table's, and how many standard errors that is.

    Other rows than those of the choice are drawn where there are more, and parted in another way where time does not.
    """
    room = TrialRoom.of(replace(problem, seed=problem.seed + REPEAT), spec)
    base = room.base()
    own = Schema(columns=computed_columns(problem.schema, computed.definitions.features))
    columns = room.columns(computed.train[room.drawn.at], own)
    alone, both = (room.tried(one, faster=1.0) for one in (base, base.beside(columns)))
    return gain(room.drawn, alone.lost, both.lost)
