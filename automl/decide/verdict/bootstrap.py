"""Our decisions against policies without a model, on the same rows, with the interval of what is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CONFIDENCE = 0.95
PER = 1_000.0  # money is told per this many rows
MOST_UNITS = 2_000  # more are joined at random: the spread of the mean stays, the draws cost less
RESAMPLES = 2_000
CELLS = 500_000  # that are drawn at a time: they stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """Draws of units with replacement: `unit` [n] is each row's, `counts` [resamples, units] how often it came."""

    unit: Ints
    counts: Floats

    @classmethod
    def over(cls, rows: int, group: Ints | None, *, seed: int, resamples: int = RESAMPLES) -> Self:
        """Units are groups, else rows; more than `MOST_UNITS` are joined at random into blocks of equal size."""
        rng = np.random.default_rng(seed)
        unit = np.arange(rows)
        if group is not None:
            unit = np.unique(group, return_inverse=True)[1].astype(np.int64)
        size = int(unit.max()) + 1
        if size > MOST_UNITS:
            unit = (rng.permutation(size) % MOST_UNITS)[unit]
            size = MOST_UNITS
        return cls(unit=unit, counts=_drawn(rng, size, resamples))

    def means(self, values: Floats, shares: Floats) -> Floats:
        """The weighted mean of each column of `values` [n, k] in each resample [resamples, k]."""
        size = self.counts.shape[1]
        columns = [*(shares * column for column in values.T), shares]
        sums = self.counts @ np.column_stack([np.bincount(self.unit, column, size) for column in columns])
        weight: Floats = sums[:, -1:]
        return np.asarray(sums[:, :-1] / weight)


def _drawn(rng: np.random.Generator, size: int, resamples: int) -> Floats:
    """How often each of `size` units comes in as many draws [resamples, size]: a fifth of the time of a multinomial."""
    counts, step = np.empty((resamples, size)), max(1, CELLS // size)
    for start in range(0, resamples, step):
        many = min(step, resamples - start)
        place = rng.integers(0, size, (many, size)) + size * np.arange(many)[:, None]
        counts[start : start + many] = np.bincount(place.ravel(), minlength=many * size).reshape(many, size)
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCosts:
    """Costs per 1,000 rows: ours, and each policy's without a model [policies]; the saving against the best of them.

    `error` is the standard error of the saving against that policy, whichever is the best in a draw.
    """

    ours: float
    others: Floats
    saving: float
    low: float
    high: float
    error: float


def compare(ours: Floats, others: Floats, shares: Floats, bootstrap: Bootstrap) -> ComparedCosts:
    """Compare what each row costs under our decision [n] and under the other policies [n, policies].

    The interval is a paired percentile bootstrap (Efron and Tibshirani 1993); each draw picks its own best policy.
    """
    values = PER * np.column_stack((ours, others))
    means = np.average(values, axis=0, weights=shares)
    drawn = bootstrap.means(values, shares)
    low, high = interval(drawn[:, 1:].min(axis=1) - drawn[:, 0])
    best = 1 + int(means[1:].argmin())
    return ComparedCosts(
        ours=float(means[0]),
        others=means[1:],
        saving=float(means[best] - means[0]),
        low=low,
        high=high,
        error=float(np.std(drawn[:, best] - drawn[:, 0])),
    )


def interval(drawn: Floats) -> tuple[float, float]:
    """The 95 % percentile interval of what was drawn [resamples]."""
    low, high = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)
