"""Prediction intervals: how far the truth lies from a prediction, with a share of rows that is promised."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.errors import DataError
from automl.ops.bulk import evaluate
from automl.ops.expr import Add, Expr, Interpolate, Maximum, Multiply, Stub, constant

Floats = NDArray[np.float64]

FOLDS = 5
BINS = 10  # of the predictions: more would follow noise
BIN_ROWS = 100
SMALLEST = 0.05  # of the mean error: no region is taken for (nearly) free of errors
KNOT_GAP = 1e-4  # of the range of predictions: closer knots become one, a steeper line would magnify rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSpread:
    """The mean absolute error as a function of the prediction: a line through knots, flat outside."""

    x: Floats
    y: Floats

    def expr(self, prediction: Expr) -> Expr:
        """The scale of the errors [N, 1], above 0 unless every prediction was right."""
        return constant(float(self.y[0])) if self.x.size == 1 else Interpolate(prediction, self.x, self.y)

    def apply(self, prediction: Floats) -> Floats:
        """`expr` run on numbers [n]."""
        spread = evaluate({"spread": self.expr(Stub("p"))}, {}, stubs={"p": prediction})["spread"]
        return np.asarray(spread, dtype=np.float64)[:, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledErrors:
    """Out-of-fold errors in units of their spread, sorted: what decisions about numbers stand on.

    `scaled` [n] is (y - prediction) / spread, each spread fitted without its row; `weight` [n] sums to 1.
    `floor` is 0 where the target was never negative: then neither is a bound or a decision.
    """

    spread: ErrorSpread
    scaled: Floats
    weight: Floats
    floor: float | None

    def quantile(self, share: float) -> float:
        """The smallest scaled error that `share` of the weight does not exceed."""
        place = np.searchsorted(np.cumsum(self.weight), share - 1e-12)
        return float(self.scaled[min(int(place), self.scaled.size - 1)])

    def at(self, prediction: Expr, scaled: Expr) -> Expr:
        """The prediction + `scaled` [N, 1] times the spread there, not below the floor."""
        moved = Add(prediction, Multiply(self.spread.expr(prediction), scaled))
        return moved if self.floor is None else Maximum(moved, constant(self.floor))


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionInterval:
    """Bounds that hold `share` of the truths, as much below as above: scaled errors from `low` to `high`.

    Split conformal prediction with errors normalised by their spread (Papadopoulos et al. 2002; Lei et al. 2018).
    """

    share: float
    errors: ScaledErrors
    low: float
    high: float

    def outputs(self, prediction: Expr) -> dict[str, Expr]:
        """`prediction_low` and `prediction_high` [N, 1]."""
        return {
            "prediction_low": self.errors.at(prediction, constant(self.low)),
            "prediction_high": self.errors.at(prediction, constant(self.high)),
        }


def fit_errors(prediction: Floats, y: Floats, weight: Floats | None = None, *, seed: int) -> ScaledErrors:
    """The errors of out-of-fold predictions [n, 1]; rows that no fold predicted (NaN) are left out.

    Raises `DataError` if no row is left.
    """
    weight = np.ones(y.size) if weight is None else weight
    known = ~np.isnan(prediction[:, 0]) & (weight > 0)
    p, y, weight = prediction[known, 0], y[known], weight[known]
    if not y.size:
        raise DataError("no row was predicted out of fold, so nothing is known of the errors")
    off = y - p
    scaled = off / _apart(p, off, weight, seed=seed)
    order = np.argsort(scaled, kind="stable")
    return ScaledErrors(
        spread=fit_spread(p, np.abs(off), weight),
        scaled=scaled[order],
        weight=weight[order] / weight.sum(),
        floor=0.0 if y.min() >= 0 else None,
    )


def fit_interval(errors: ScaledErrors, share: float) -> PredictionInterval:
    """The interval that promises `share` of the rows: the (n+1)-th part is added for the row that is to come.

    Raises `DataError` where there are too few rows for the promise.
    """
    rows = int(1.0 / float((errors.weight**2).sum()) + 0.5)  # unequal weights count as fewer rows
    tail = (1.0 - share) / 2.0
    upper = math.ceil((rows + 1) * (1.0 - tail) - 1e-9) / rows
    if upper > 1.0:
        reach = 1.0 - 2.0 / (rows + 1)
        raise DataError(
            f"{rows:,} out-of-fold rows cannot promise an interval of {share:.4g}",
            where="objective.interval",
            hint=f"With so many rows {max(reach, 0.0):.2%} can be promised.",
        )
    return PredictionInterval(
        share=share, errors=errors, low=-_mirrored(errors).quantile(upper), high=errors.quantile(upper)
    )


def fit_spread(prediction: Floats, size: Floats, weight: Floats) -> ErrorSpread:
    """The mean error size [n] by bins of the prediction [n], up to `BINS` of `BIN_ROWS` rows at least.

    Where all errors are 0 the spread is 1, so that it can divide.
    """
    mean = float(np.average(size, weights=weight))
    if mean == 0.0:
        return ErrorSpread(x=np.zeros(1), y=np.ones(1))
    bins = max(1, min(BINS, prediction.size // BIN_ROWS))
    parts = np.array_split(np.argsort(prediction, kind="stable"), bins)
    middle = np.array([np.average(prediction[part], weights=weight[part]) for part in parts])
    level = np.array([np.average(size[part], weights=weight[part]) for part in parts])
    keep = np.concatenate(([True], np.diff(middle) > KNOT_GAP * max(np.ptp(prediction), 1e-300)))
    if keep.sum() == 1:
        return ErrorSpread(x=middle[:1], y=np.array([mean]))
    return ErrorSpread(x=middle[keep], y=np.maximum(level[keep], SMALLEST * mean))


def _apart(p: Floats, off: Floats, weight: Floats, *, seed: int) -> Floats:
    """The spread at each row, fitted without its fold [n]."""
    fold = np.random.default_rng(seed).permutation(p.size) % FOLDS
    spread = np.empty(p.size)
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        inside = inside if inside.any() else outside  # a single row has no other
        spread[outside] = fit_spread(p[inside], np.abs(off[inside]), weight[inside]).apply(p[outside])
    return spread


def _mirrored(errors: ScaledErrors) -> ScaledErrors:
    return ScaledErrors(spread=errors.spread, scaled=-errors.scaled[::-1], weight=errors.weight[::-1], floor=None)
