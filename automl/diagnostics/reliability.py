"""Whether probabilities are kept: of rows that were given about so much, how many came true."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10
SURE = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """So many `rows` were `promised` a probability on average; this `share` came true, within `low` to `high`."""

    rows: int
    promised: float
    share: float
    low: float
    high: float


def reliability(y: Floats, p: Floats, weight: Floats | None = None, *, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Bins of about as many rows each, by probability.

    `y` [n] is 0 or 1, `p` [n] what was promised. Rows of one probability stay in one bin. Intervals of 95 % are
    Wilson's (1927), of as many rows as the weights are worth (Kish 1965).
    """
    weight = np.ones_like(p) if weight is None else weight
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])) if p.size else p
    place = np.searchsorted(edges, p, side="right")
    return tuple(_bin(y[place == k], p[place == k], weight[place == k]) for k in np.unique(place))


def _bin(y: Floats, p: Floats, weight: Floats) -> ReliabilityBin:
    share = float(np.average(y, weights=weight))
    low, high = wilson(share, float(weight.sum() ** 2 / (weight @ weight)))
    promised = float(np.average(p, weights=weight))
    return ReliabilityBin(rows=y.size, promised=promised, share=share, low=low, high=high)


def wilson(share: float, rows: float) -> tuple[float, float]:
    """The 95 % interval of a share of so many rows (Wilson 1927)."""
    square = SURE**2 / rows
    middle, reach = share + square / 2, SURE * np.sqrt(share * (1 - share) / rows + square / (4 * rows))
    return max(0.0, float((middle - reach) / (1 + square))), min(1.0, float((middle + reach) / (1 + square)))
