"""What a booster made of the columns: joint steps propose by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Survey
from automl.search.feature_search.columns import Columns
from automl.search.feature_search.lab import Lab
from automl.search.feature_search.probe import Probed
from automl.search.feature_search.probe_rows import sample_of

Floats = NDArray[np.float64]

FOLLOWS = 0.7  # rank correlation with the time: such a column says when, and what it is combined with says so, too


def survey_of(lab: Lab, base: Columns, result: Sequence[Probed]) -> Survey:
    """What probes of the `base` made of each raw column, and of two of them one after the other."""
    weight: dict[str, float] = {}
    together: dict[tuple[str, str], float] = {}
    moving = _moving(lab)
    for one in result:
        for j, value in enumerate(one.weight.tolist()):
            for name in base.sources[j]:
                weight[name] = weight.get(name, 0.0) + value
        for (i, j), value in one.together.items():
            for first in base.sources[i]:
                for second in base.sources[j]:
                    if first != second:
                        pair = (min(first, second), max(first, second))
                        together[pair] = together.get(pair, 0.0) + value
    return Survey(
        columns=tuple(column for column in lab.problem.schema.features if column.name not in moving),
        frame=lab.drawn.rows.frame,
        task=lab.problem.task,
        weight=weight,
        together=together,
        sample=replace(sample_of(lab.problem, lab.drawn.rows), y=lab.drawn.y),
    )


def _moving(lab: Lab) -> frozenset[str]:
    """Numbers that rise or fall with the time of the rows. `trend` alone asks whether the time itself should count.

    A step that hides one among others would bring the time in by the back door: it gains on every window as long as the
    world moves one way.
    """
    time = lab.drawn.rows.time
    if time is None:
        return frozenset()
    numbers = [column.name for column in lab.problem.schema.features if column.wire == "number"]
    return frozenset(name for name in numbers if _together_with(lab.drawn.rows.frame[name].to_numpy(), time) >= FOLLOWS)


def _together_with(values: Floats, time: Floats) -> float:
    """The size of Spearman's rank correlation, 0 where one of the two is always the same."""
    from scipy.stats import rankdata

    known = np.isfinite(values) & np.isfinite(time)
    ranks = np.stack([rankdata(values[known]), rankdata(time[known])]) if known.any() else np.zeros((2, 1))
    return float(abs(np.corrcoef(ranks)[0, 1])) if (ranks.std(axis=1) > 0.0).all() else 0.0
