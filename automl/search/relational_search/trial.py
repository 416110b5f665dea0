"""Where features of other tables are tried: boosters with and without them on folds of some rows, row by row paired."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Schema
from automl.features.plan_fit import fit_sample, transform
from automl.learners.base import FeatureInfo
from automl.search.feature_search.columns import Columns, planned
from automl.search.feature_search.gain import mean_weight, row_losses
from automl.search.feature_search.lab import PROBE_SECONDS
from automl.search.feature_search.probe import Probed, fit_probe, matrix
from automl.search.feature_search.probe_rows import ProbeRows, draw_rows, sample_of
from automl.search.problem import Problem
from automl.spec.model import Spec

Floats = NDArray[np.float64]

PROBED = 0.02  # of the budget, for the number of rows that are probed: there are more columns than in main
COPIES = 32  # permuted columns: the most that one of them weighs is chance
TRYING, WEIGHING = 2.0, 4.0  # times faster than the search's are the boosters that compare, and those that weigh
BASE = 60  # columns of the main table's plan, the weightiest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The loss of each row [n], NaN where no fold predicts it, and the weight of each column."""

    lost: Floats
    weight: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRoom:
    """Rows of train with folds, and as many boosters at a time as there are workers; `longest` seconds each."""

    problem: Problem
    drawn: ProbeRows
    workers: int
    longest: float = math.inf

    @classmethod
    def of(cls, problem: Problem, spec: Spec) -> TrialRoom:
        """The budget says how many rows are drawn, never the clock; nor does it end a booster where work is counted."""
        budget = spec.budget
        return cls(
            problem=problem,
            drawn=draw_rows(problem, PROBED * budget.time),
            workers=budget.workers,
            longest=PROBE_SECONDS if budget.trials is None else math.inf,
        )

    def columns(self, frame: pl.DataFrame, schema: Schema) -> Columns:
        """What the plan of `schema` makes of the rows in `frame`, fitted on each fold."""
        rows = replace(self.drawn.rows, frame=frame)
        parts = []
        for fold in self.drawn.folds:
            plan, fitted = fit_sample(sample_of(self.problem, rows.take(fold.fit)), schema)
            values = np.full((rows.n, fitted.shape[1]), np.nan)
            values[fold.fit] = fitted
            values[fold.valid] = transform(plan, frame[fold.valid])
            parts.append((plan, values))
        return planned(parts)

    def base(self) -> Columns:
        """The main table alone."""
        whole = self.columns(self.drawn.rows.frame, self.problem.schema)
        if not whole.width:
            return _constant(self.drawn)
        return whole.best(self.tried(whole).weight, BASE) if whole.width > BASE else whole

    def tried(self, columns: Columns, *, faster: float = TRYING) -> Tried:
        """What boosters make of the columns out of fold; a `faster` one is less exact (see `fit_probe`)."""
        probed = self._probed(columns, range(self.drawn.again * len(self.drawn.folds)), faster)
        return Tried(lost=row_losses(self.drawn, probed), weight=mean_weight(probed))

    def beyond_noise(self, base: Columns, columns: Columns) -> set[str]:
        """The raw columns of `columns` of which some feature outweighs every permuted copy of some of them."""
        both = base.beside(columns).beside(self._copies(columns))
        folds = range(min(2, len(self.drawn.folds)))
        weight = mean_weight(self._probed(both, folds, faster=WEIGHING))[base.width :]
        own, copies = weight[: columns.width], weight[columns.width :]
        beyond = np.flatnonzero(own > copies.max(initial=0.0)).tolist()
        return {name for j in beyond for name in columns.sources[j]}

    def _copies(self, columns: Columns) -> Columns:
        """Some of the columns, their rows permuted."""
        draw = np.random.default_rng(self.problem.seed)
        copied = columns.pick(draw.permutation(columns.width)[:COPIES].tolist())
        return replace(copied, values=tuple(draw.permuted(values, axis=0) for values in copied.values))

    def _probed(self, columns: Columns, seeds: Sequence[int], faster: float = 1.0) -> list[Probed]:
        jobs = list(zip(cycle(range(len(self.drawn.folds))), seeds, strict=False))
        with ThreadPoolExecutor(max_workers=self.workers) as pool:  # LightGBM lets go of Python while it fits
            return list(pool.map(lambda job: self._probe(columns, job[0], job[1], faster), jobs))

    def _probe(self, columns: Columns, number: int, seed: int, faster: float) -> Probed:
        fold, weight = self.drawn.folds[number], self.drawn.rows.weight
        values, features = columns.values[number], columns.features
        train, valid = (matrix(values, features, self.drawn.y, weight, rows) for rows in (fold.fit, fold.valid))
        _, loss, weighed = fit_probe(
            train,
            valid,
            self.problem.task,
            seed=self.problem.seed + seed,
            seconds=self.longest,
            faster=faster,
        )
        return Probed(loss=loss, weight=weighed, together={})


def is_bare(base: Columns) -> bool:
    """Whether the main table gives no feature."""
    return base.sources == ((),)


def _constant(drawn: ProbeRows) -> Columns:
    """What a main table without a feature knows."""
    return Columns(
        values=(np.zeros((drawn.rows.n, 1)),) * len(drawn.folds),
        features=(FeatureInfo(name="constant", kind="number"),),
        sources=((),),
        owner=(-1,),
    )
