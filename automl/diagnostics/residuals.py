"""How far predicted numbers are off, over the range of what was predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualBin:
    """Rows predicted about alike: their mean prediction, and quantiles of truth less prediction."""

    rows: int
    predicted: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Residuals:
    """`bins` by prediction, and the shares of rows whose truth was above (`under`) and below (`over`) it."""

    bins: tuple[ResidualBin, ...]
    under: float
    over: float
    mean: float


def residuals(y: Floats, prediction: Floats, weight: Floats | None = None, *, bins: int = BINS) -> Residuals:
    """Truth `y` [n] less `prediction` [n], in bins of about as many rows each; equal predictions stay together."""
    weight = np.ones_like(y) if weight is None else weight
    off = y - prediction
    edges = np.unique(np.quantile(prediction, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, prediction, side="right")
    return Residuals(
        bins=tuple(_bin(off[place == k], prediction[place == k], weight[place == k]) for k in np.unique(place)),
        under=float(np.average(off > 0, weights=weight)),
        over=float(np.average(off < 0, weights=weight)),
        mean=float(np.average(off, weights=weight)),
    )


def _bin(off: Floats, prediction: Floats, weight: Floats) -> ResidualBin:
    return ResidualBin(
        rows=off.size,
        predicted=float(np.average(prediction, weights=weight)),
        quantiles=tuple(float(q) for q in np.quantile(off, QUANTILES)),
    )
