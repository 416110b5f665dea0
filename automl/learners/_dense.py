"""The matrix as linear and neural members see it: numbers filled, scaled and squashed, gaps as flags, codes one-hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.learners.base import Floats, Matrix
from automl.metrics.row_losses import logistic
from automl.ops.expr import (
    Add,
    AsIndex,
    AsNumber,
    Concat,
    Constant,
    Divide,
    Expr,
    Features,
    IsMissing,
    MatMul,
    Maximum,
    Minimum,
    Multiply,
    Pick,
    SquareRoot,
    Subtract,
    Take,
    Where,
    constant,
)
from automl.task import Task

MOST_LEVELS = 40  # categories with more are left to their target statistics
MARKS = (0, 1, 25, 50, 75, 99, 100)  # percentiles
BLOCK = 1_000_000  # cells whose percentiles are found at once
HARD, SOFT = 1e3, 3.0  # spreads from the median: cut there, so that nothing overflows, then squashed to within 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How the matrix becomes what is multiplied.

    `bins` are piecewise linear encodings (Gorishniy, Rubachev, Babenko, NeurIPS 2022): entry b is the share of
    the stretch from `low[b]` on of length `step[b]` (both in scaled units, before the squashing) that number
    `bins[b]` has passed.
    """

    columns: int
    numbers: tuple[int, ...]
    median: Floats
    spread: Floats
    gaps: tuple[int, ...]
    codes: tuple[int, ...]
    levels: tuple[int, ...]
    bins: tuple[int, ...] = ()
    low: Floats
    step: Floats

    @property
    def dense(self) -> int:
        """Columns that are numbers, stretches or flags."""
        return len(self.numbers) + len(self.bins) + len(self.gaps)

    def numbers_of(self, values: Floats) -> Floats:
        """Numbers, stretches and flags [n, dense]; the same steps as `expression`."""
        z = self._scaled(values)
        third = z / SOFT
        parts = [z / np.sqrt(1.0 + third * third)]
        if self.bins:
            parts.append(np.minimum(np.maximum((z[:, list(self.bins)] - self.low) / self.step, 0.0), 1.0))
        return np.hstack([*parts, np.isnan(values[:, list(self.gaps)])])

    def codes_of(self, values: Floats) -> NDArray[np.int64]:
        """Codes [n, codes]; one that train does not know counts as rare, which is 0."""
        picked = values[:, list(self.codes)]
        known = (picked >= 0) & (picked < np.asarray(self.levels)) & (picked == np.floor(picked))
        return np.where(known, picked, 0.0).astype(np.int64)

    def inputs(self, values: Floats) -> NDArray[np.float32]:
        """Numbers, stretches and flags, then the codes one-hot [n, dense + all levels]."""
        inputs = np.zeros((len(values), self.dense + sum(self.levels)), dtype=np.float32)
        inputs[:, : self.dense] = self.numbers_of(values)
        starts = self.dense + np.cumsum([0, *self.levels])[:-1].astype(np.int64)
        np.put_along_axis(inputs, self.codes_of(values) + starts, 1.0, axis=1)
        return inputs

    def product(self, values: Floats, weights: Floats, tables: Sequence[Floats]) -> Floats:
        """The design [n, dense + all levels] times `weights` [dense, k] over the `tables` [levels, k] of the codes."""
        codes = self.codes_of(values)
        looked_up = (table[codes[:, j]] for j, table in enumerate(tables))
        return sum(looked_up, start=self.numbers_of(values) @ weights)

    def product_expression(self, weights: Floats, tables: Sequence[Floats]) -> Expr:
        """`product` as operations."""
        features = Features(self.columns)
        terms: list[Expr] = [MatMul(self.expression(), weights)] if self.dense else []
        for j, table in zip(self.codes, tables, strict=True):
            # what no level answers to becomes the last row: a copy of the rare level's
            terms.append(Take(AsIndex(Pick(features, (j,)), len(table) + 1), np.vstack([table, table[:1]])))
        return reduce(Add, terms)

    def expression(self) -> Expr:
        """Numbers, stretches and flags as operations."""
        flags = (AsNumber(IsMissing(Pick(Features(self.columns), self.gaps))),) if self.gaps else ()
        return Concat((self._numbers_expression() if self.numbers else ()) + flags)

    def _scaled(self, values: Floats) -> Floats:
        picked = values[:, list(self.numbers)]
        filled = np.where(np.isnan(picked), self.median, picked)
        cut = np.maximum(np.minimum(filled, self.median + HARD * self.spread), self.median - HARD * self.spread)
        return (cut - self.median) / self.spread

    def _numbers_expression(self) -> tuple[Expr, ...]:
        picked = Pick(Features(self.columns), self.numbers)
        filled = Where(IsMissing(picked), Constant(self.median), picked)
        low, high = (Constant(self.median + way * HARD * self.spread) for way in (-1.0, 1.0))
        centred = Subtract(Maximum(Minimum(filled, high), low), Constant(self.median))
        z = Divide(centred, Constant(self.spread))
        third = Divide(z, constant(SOFT))
        squashed = Divide(z, SquareRoot(Add(constant(1.0), Multiply(third, third))))
        if not self.bins:
            return (squashed,)
        passed = Divide(Subtract(Pick(z, self.bins), Constant(self.low)), Constant(self.step))
        return squashed, Minimum(Maximum(passed, constant(0.0)), constant(1.0))


def learn_design(train: Matrix, *, bins: int = 0) -> Design:
    """Medians, spreads, gaps and up to `bins` stretches of the numbers that vary; the codes with few levels."""
    kinds = [feature.kind for feature in train.features]
    other = ("code", "token")
    few = [j for j, f in enumerate(train.features) if f.kind == "code" and 1 < f.levels <= MOST_LEVELS]
    places = _places(train.values, [j for j, kind in enumerate(kinds) if kind not in other])
    varied = [j for j, (_, spread) in places.items() if spread > 0.0]
    missing = {j: np.isnan(train.values[:, j]) for j in places}
    design = Design(
        columns=len(kinds),
        numbers=tuple(varied),
        median=np.asarray([places[j][0] for j in varied], dtype=np.float64),
        spread=np.asarray([places[j][1] for j in varied], dtype=np.float64),
        gaps=tuple(j for j, flags in missing.items() if flags.any() and not flags.all()),
        codes=tuple(few),
        levels=tuple(train.features[j].levels for j in few),
        low=np.empty(0),
        step=np.empty(0),
    )
    return _with_bins(design, train.values, bins) if bins else design


def some_rows(train: Matrix, task: Task, seed: int, *, cells: int, work: int) -> Matrix:
    """A random part of the rows: at most `cells` of the matrix, and `work` cells x columns of the raw score."""
    most = max(1, min(cells, work // task.width) // train.values.shape[1])
    if len(train.y) <= most:
        return train
    chosen = np.sort(np.random.default_rng(seed).choice(len(train.y), size=most, replace=False))
    weight = None if train.weight is None else train.weight[chosen]
    return replace(train, values=train.values[chosen], y=train.y[chosen], weight=weight)


def row_loss(task: Task, scores: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The loss of each row [n] and its slope in the scores [n, width]: squares or log loss."""
    if task.kind == "regression":
        error = scores - y[:, None]
        return 0.5 * error[:, 0] ** 2, error
    if task.kind == "binary":
        score = scores[:, 0]
        loss, slope = logistic(score, y)
        return loss, slope[:, None]
    shifted = scores - scores.max(axis=1, keepdims=True)
    share = np.exp(shifted)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    place = np.arange(len(y)), y.astype(np.int64)
    loss = np.log(total[:, 0]) - shifted[place]
    share[place] -= 1.0
    return loss, share


def _places(values: Floats, columns: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Median and spread of `columns` [n, F], many at a time where rows are few: there may be thousands."""
    many = max(1, BLOCK // max(1, len(values)))
    found: dict[int, tuple[float, float]] = {}
    for start in range(0, len(columns), many):
        block = columns[start : start + many]
        picked = values[:, block]
        gaps = np.asarray(np.isnan(picked).any(axis=0)) | (len(values) == 0)
        marks = iter(np.percentile(picked[:, ~gaps], MARKS, axis=0).T if not gaps.all() else ())
        found |= {j: _place(picked[:, at]) if gaps[at] else _of_marks(next(marks)) for at, j in enumerate(block)}
    return found


def _place(column: Floats) -> tuple[float, float]:
    """Median and spread of what is there."""
    present = column[~np.isnan(column)]
    return _of_marks(np.percentile(present, MARKS)) if len(present) else (0.0, 0.0)


def _of_marks(marks: Floats) -> tuple[float, float]:
    """Median and spread: the quartiles' distance, else half of what holds 98 % of the rows, else of all; 0 is dead."""
    bottom, low, first, median, third, high, top = marks
    # halves before differences: extremes of both signs must not overflow
    spreads = (2.0 * (third / 2.0 - first / 2.0), high / 2.0 - low / 2.0, top / 2.0 - bottom / 2.0)
    spread = next((spread for spread in spreads if spread > 0.0), 0.0)
    return float(np.clip(median, -1e300, 1e300)), float(np.clip(spread, 0.0, 1e300))


def _with_bins(design: Design, values: Floats, bins: int) -> Design:
    """Stretches between neighbouring knots that differ; a number of two values needs none."""
    z = design._scaled(values)  # noqa: SLF001  # its own module
    knots = [_knots(column, bins) for column in z.T]
    wanted = [(j, found) for j, found in enumerate(knots) if len(found) > 2]  # noqa: PLR2004  # one stretch is z
    return replace(
        design,
        bins=tuple(j for j, found in wanted for _ in found[1:]),
        low=np.concatenate([np.empty(0), *(found[:-1] for _, found in wanted)]),
        step=np.concatenate([np.empty(0), *(np.diff(found) for _, found in wanted)]),
    )


def _knots(column: Floats, bins: int) -> Floats:
    """Quantiles of the rows; where those fall together (most rows are 0), quantiles of the distinct values as well."""
    distinct = np.unique(column)
    if len(distinct) <= 2:  # noqa: PLR2004  # a flag
        return distinct
    knots = np.unique(np.quantile(column, np.linspace(0.0, 1.0, bins + 1)))
    if len(knots) > (bins + 1) // 2:
        return knots
    return np.unique([*knots, *np.quantile(distinct, np.linspace(0.0, 1.0, bins // 2 + 1))])
