"""How many truths the promised intervals hold, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.verdict.bootstrap import Bootstrap, interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The `share` of truths that lie in their intervals, its 95 % interval, and the mean `width`."""

    share: float
    low: float
    high: float
    width: float


def coverage(
    low: Floats, high: Floats, y: Floats, *, weight: Floats | None = None, group: Ints | None = None, seed: int
) -> Coverage:
    """What intervals from `low` to `high` [n] hold of `y` [n], by a bootstrap over groups, else rows."""
    shares = np.ones(y.size) if weight is None else weight / weight.mean()
    held = ((low <= y) & (y <= high)).astype(np.float64)
    lowest, highest = interval(Bootstrap.over(y.size, group, seed=seed).means(held[:, None], shares)[:, 0])
    return Coverage(
        share=float(np.average(held, weights=shares)),
        low=lowest,
        high=highest,
        width=float(np.average(high - low, weights=shares)),
    )
