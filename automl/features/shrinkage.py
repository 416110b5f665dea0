"""How far the mean of a few rows is believed: empirical Bayes over the levels of a category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 2  # rows of a level that may tell of its target: that of a single row may be a person's
USUAL = 10.0  # rows' worth of belief in the mean of all, where the levels do not say
TAIL = 0.003  # of the rows at either end of a number, which would decide alone how much levels differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """The mean of each level, `means` [levels], of `rows` [levels] rows and the mean of all as against `belief` more.

    `prior` is the mean of all (0 without a row).
    """

    means: Floats
    rows: Floats
    belief: float
    prior: float


def shrunk_means(level: Ints, levels: int, values: Floats, weight: Floats) -> Shrunk:
    """The mean of each level, shrunk to the mean of all.

    `level` (0..levels-1), `values` and `weight` are [n]; a weight counts rows. A level of total weight w keeps the
    share w / (w + `strength`) of its distance from the mean of all; one of fewer than `LEAST` rows keeps nothing, as
    one without rows.
    """
    if not weight.sum() > 0:
        return Shrunk(means=np.zeros(levels), rows=np.zeros(levels), belief=USUAL, prior=0.0)
    prior = float(np.average(values, weights=weight))
    rows, weights, sums = _sums(level, levels, values - prior, weight)
    belief, known = strength(level, levels, values, weight), rows >= LEAST
    means = np.where(known, prior + sums / (weights + belief), prior)
    return Shrunk(means=means, rows=np.where(known, weights, 0.0), belief=belief, prior=prior)


def strength(level: Ints, levels: int, values: Floats, weight: Floats) -> float:
    """The rows' worth of belief in the mean of all: the variance within levels over that between them.

    Both are estimated by moments of the one-way layout with random levels (Searle, Casella, McCulloch 1992, Variance
    Components); of zeros and ones that is the beta-binomial (Kleinman 1973). Few levels say little of how much levels
    differ (Morris 1983), so that `USUAL` is taken for what one more of them says. Tails of numbers are clipped first.
    """
    counted = weight > 0
    level, values, weight = level[counted], _centred(values[counted], weight[counted]), weight[counted]
    rows, weights, sums = _sums(level, levels, values, weight)
    total, groups = weights.sum(), int((rows > 0).sum())
    spread = float(weight @ values**2)
    if spread <= 0 or not 1 < groups < len(values):  # no two levels to compare, or no two rows of one
        return USUAL
    explained = float((sums[rows > 0] ** 2 / weights[rows > 0]).sum())
    within = max(spread - explained, 0.0) / (len(values) - groups)
    between = max(explained - (groups - 1) * within, 0.0) / (total - float(weights @ weights) / total)
    shared = between / (between + within) if between > 0 else 0.0  # the correlation of two rows of one level
    believed = ((groups - 1) * shared + 1 / (1 + USUAL)) / groups
    return 1 / believed - 1


def _sums(level: Ints, levels: int, values: Floats, weight: Floats) -> tuple[Ints, Floats, Floats]:
    """Of each level [levels]: its rows that have a weight, their weight, and the weighted sum of their values."""
    rows = np.bincount(level[weight > 0], minlength=levels).astype(np.int64)
    weights = np.bincount(level, weights=weight, minlength=levels)
    sums = np.bincount(level, weights=weight * values, minlength=levels)
    return rows, weights.astype(np.float64), sums.astype(np.float64)


def _centred(values: Floats, weight: Floats) -> Floats:
    """The values without tails, less their mean, in units of the farthest from it; zeros and ones have no tails."""
    if not len(values):
        return values
    low, high = np.quantile(values, [TAIL, 1.0 - TAIL])
    cut = np.clip(values, low, high) if low < high else values
    centred = cut - np.average(cut, weights=weight)
    return np.asarray(centred / (np.abs(centred).max() or 1.0))
