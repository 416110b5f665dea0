"""A boundary that a sum of bounded steps crosses with a small probability at any time: the gamma-exponential mixture.

Howard, Ramdas, McAuliffe and Sekhon 2021 (Annals of Statistics 49), proposition 9. With increments of scale c, the sum
S and its intrinsic time V, the mixture over all tilts λ in [0, 1/c) is a supermartingale that begins at 1, so that by
Ville's inequality it reaches 1/alpha with probability at most alpha, however often one looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HALVINGS = 40  # of the interval that the boundary lies in: to twelve digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """The mixture for steps of `scale` c; `rho` says at which intrinsic time it is tightest."""

    scale: float
    rho: float

    @classmethod
    def tightest_at(cls, time: float, alpha: float, scale: float) -> Self:
        """The mixture that is about tightest at the intrinsic `time`, for a crossing probability `alpha`.

        Same source, proposition 3 and its remark: the optimum of a normal mixture, in closed form to about 1 %.
        """
        spent = 2.0 * math.log(1.0 / (2.0 * alpha)) if alpha < 0.5 else 1.0  # noqa: PLR2004  # two sides are one
        return cls(scale=scale, rho=max(time, scale**2) / (spent + math.log1p(spent)))

    def log(self, total: Floats, time: Floats) -> Floats:
        """The logarithm of the mixture where the sum S is `total` (0 or more) and the intrinsic time V is `time`."""
        from scipy.special import gammainc, gammaln

        square = self.scale**2
        rho, v = self.rho / square, np.asarray(time, dtype=np.float64) / square
        s = np.asarray(total, dtype=np.float64) / self.scale
        start = rho * math.log(rho) - gammaln(rho) - np.log(gammainc(rho, rho))
        reached = s + v + rho
        inner = np.log(np.maximum(gammainc(v + rho, reached), np.finfo(np.float64).tiny))
        return np.asarray(start + gammaln(v + rho) + inner - (v + rho) * np.log(reached) + s + v)

    def boundary(self, time: Floats, alpha: Floats | float) -> Floats:
        """The sum at intrinsic `time` [n] of a line that steps ever cross with a probability of at most `alpha`."""
        wanted = -np.log(alpha)
        high = np.full_like(time, self.scale)
        while (short := self.log(high, time) < wanted).any():
            high = np.where(short, 2.0 * high, high)
        low = np.zeros_like(high)
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            below = self.log(middle, time) < wanted
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return high
