"""Lower bounds of effects that hold at all looks of a life at once: only what surely moved by enough is told.

With many rows every test of "no change" is lost, so what is bounded is the size of the change. Of a distribution
function by the inequality of Dvoretzky, Kiefer and Wolfowitz with Massart's constant (1990, Annals of Probability 18),
of total variation by its mean under no change, at most half the root of levels by rows, and McDiarmid's inequality
(1989), or by the level that changed most, which of few rows shows more; of shares by Clopper and Pearson (1934). The
t-th look has 6 alpha / (pi² t²) of the chance of an error, which sums to alpha over a life, and its bounds share that
equally.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """How sure a bound of one look is: `alpha` for all bounds of this look together, of which there are `bounds`.

    `now` is the number of independent rows of the window (of groups, their effective number), `then` that of the
    reference.
    """

    alpha: float
    bounds: int
    now: float
    then: float

    @property
    def each(self) -> float:
        """The chance of an error of one bound."""
        return self.alpha / self.bounds

    def of_numbers(self, distance: float) -> float:
        """The lower bound of Kolmogorov's distance, from what was seen: two samples, two sides each."""
        return distance - sqrt(log(4 / self.each) / 2) * self._roots

    def of_levels(self, shares: Floats) -> float:
        """The lower bound of the total variation over levels, from their shares then and now [levels, 2]."""
        levels, (then, now) = len(shares), shares.T
        mean = 0.5 * (sqrt(levels / self.now) + sqrt(levels / self.then))
        together = variation(shares) - mean - sqrt(log(4 / self.each) / 2) * self._roots
        farthest = int(np.abs(now - then).argmax())
        one, (was, share) = replace(self, bounds=4 * levels * self.bounds), shares[farthest].tolist()
        alone = one.of_share(share, was) if share > was else one.of_share(1.0 - share, 1.0 - was)
        return max(together, alone)

    def of_share(self, now: float, then: float) -> float:
        """The lower bound of how much more rows there are of a kind whose shares were seen."""
        least = lowest(now * self.now, self.now, self.each / 2)
        return least - (1.0 - lowest((1.0 - then) * self.then, self.then, self.each / 2))

    @property
    def _roots(self) -> float:
        return 1 / sqrt(self.now) + 1 / sqrt(self.then)


def variation(shares: Floats) -> float:
    """The total variation between the shares of levels then and now [levels, 2]."""
    return float(np.abs(shares[:, 1] - shares[:, 0]).sum()) / 2


def spent(alpha: float, look: int) -> float:
    """What the `look`-th look (from 1 on) may spend of `alpha`."""
    return 6 * alpha / (pi * look) ** 2


def lowest(good: float, rows: float, error: float) -> float:
    """The lower bound of a share of which `good` of `rows` were seen, one sided."""
    from scipy.special import betaincinv

    return float(betaincinv(good, rows - good + 1, error)) if good > 0 else 0.0


def independent(groups: NDArray[np.int64] | None, rows: int) -> float:
    """As how many independent rows `rows` count whose groups (codes [n]) may each move as one (Kish 1965)."""
    if groups is None:
        return float(rows)
    sizes = np.bincount(groups)
    return float(rows**2 / (sizes.astype(np.float64) ** 2).sum())
