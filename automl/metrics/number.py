"""Metrics of predicted numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import EXPLAINED, LOSS, REGRESSION, Metric

Floats = NDArray[np.float64]

ABOVE_ZERO = 1e-6  # of the mean target: what a prediction at or below it is judged as where only positive ones count


def _rmse(y: Floats, prediction: Floats, weight: Floats) -> float:
    return float(np.sqrt(np.average((prediction[:, 0] - y) ** 2, weights=weight)))


def _mae(y: Floats, prediction: Floats, weight: Floats) -> float:
    return float(np.average(np.abs(prediction[:, 0] - y), weights=weight))


def _rmsle(y: Floats, prediction: Floats, weight: Floats) -> float:
    """The rmse of log(1 + x); a prediction below 0 is judged as 0."""
    return _rmse(np.log1p(y), np.log1p(np.maximum(prediction, 0)), weight)


def _mape(y: Floats, prediction: Floats, weight: Floats) -> float:
    return float(np.average(np.abs((prediction[:, 0] - y) / y), weights=weight))


def _r2(y: Floats, prediction: Floats, weight: Floats) -> float:
    left = weight @ (prediction[:, 0] - y) ** 2
    return float(1 - left / (weight @ (y - np.average(y, weights=weight)) ** 2))


def _poisson_deviance(y: Floats, prediction: Floats, weight: Floats) -> float:
    mean = _positive(prediction[:, 0], y, weight)
    # y log(y / mean) is 0 at y = 0
    logarithm = y * np.log(np.where(y > 0, y, 1) / np.where(y > 0, mean, 1))
    return float(np.average(2 * (logarithm - y + mean), weights=weight))


def _gamma_deviance(y: Floats, prediction: Floats, weight: Floats) -> float:
    mean = _positive(prediction[:, 0], y, weight)
    return float(np.average(2 * (np.log(mean / y) + y / mean - 1), weights=weight))


def _positive(prediction: Floats, y: Floats, weight: Floats) -> Floats:
    """Predictions [n] above 0, in whatever unit the target is counted."""
    return np.asarray(np.maximum(prediction, ABOVE_ZERO * np.average(y, weights=weight)))


def _pinball(y: Floats, prediction: Floats, weight: Floats) -> float:
    """At the median, where it is half the mae."""
    return _mae(y, prediction, weight) / 2


def _does_not_vary(y: Floats) -> str | None:
    return f"the target is the same in all {y.size:,} rows" if (y == y[0]).all() else None


def _has_zero(y: Floats) -> str | None:
    zeros = int((y == 0).sum())
    return f"the target is 0 in {zeros:,} of {y.size:,} rows, and nothing is a percentage of 0" if zeros else None


def _has_negative(y: Floats) -> str | None:
    below = int((y < 0).sum())
    return f"the target is below 0 in {below:,} of {y.size:,} rows" if below else None


def _not_positive(y: Floats) -> str | None:
    low = int((y <= 0).sum())
    return f"the target is not above 0 in {low:,} of {y.size:,} rows" if low else None


rmse = Metric(
    name="rmse",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="rmse",
    function=_rmse,
    bounds=LOSS,
)
mae = Metric(
    name="mae",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="mae",
    function=_mae,
    bounds=LOSS,
)
rmsle = Metric(
    name="rmsle",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="rmsle",
    function=_rmsle,
    undefined=_has_negative,
    bounds=LOSS,
)
mape = Metric(
    name="mape",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="mae",
    function=_mape,
    undefined=_has_zero,
    bounds=LOSS,
)
r2 = Metric(
    name="r2",
    kinds=REGRESSION,
    greater_is_better=True,
    needs="number",
    loss="rmse",
    function=_r2,
    undefined=_does_not_vary,
    bounds=EXPLAINED,
)
poisson_deviance = Metric(
    name="poisson_deviance",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="poisson_deviance",
    function=_poisson_deviance,
    undefined=_has_negative,
    bounds=LOSS,
)
gamma_deviance = Metric(
    name="gamma_deviance",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="gamma_deviance",
    function=_gamma_deviance,
    undefined=_not_positive,
    bounds=LOSS,
)
pinball = Metric(
    name="pinball",
    kinds=REGRESSION,
    greater_is_better=False,
    needs="number",
    loss="mae",
    function=_pinball,
    bounds=LOSS,
)
