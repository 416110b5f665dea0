"""Labels that decisions hide: bounds of the saving of all rows, of which some can never have a label.

A loan declined is never seen to default. The worst case asks nothing of the hidden rows but that they have some truth
(Manski 2003). A stated odds ratio Γ narrows it: the odds between any two truths of a hidden row are at most Γ times
off those that the model says (the marginal sensitivity model; Tan 2006, JASA 101). They are never taken to be missing
at random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from automl.monitor.money.outcomes import Outcomes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """The mean saving of all rows, from `low` to `high`; `seen` is that of the rows that can have a label alone."""

    low: float
    high: float
    seen: float
    hidden: float


def worst_case(saved: Floats, outcomes: Outcomes, hidden: Flags) -> Bounded:
    """The bounds that hold whatever the hidden rows are; `saved` [n] is known where not `hidden` [n]."""
    table = outcomes.saved[hidden]
    return _bounded(saved, table.min(axis=1), table.max(axis=1), hidden)


def within_odds(saved: Floats, outcomes: Outcomes, hidden: Flags, *, ratio: float, alpha: float) -> Bounded:
    """The bounds where the odds of hidden rows are at most `ratio` times off, widened by the chance of labels.

    The mean of the hidden rows lies within them with 1 - alpha, where the stated ratio holds.
    """
    rows = outcomes.take(np.flatnonzero(hidden))
    low, high = -_most(rows.chance, -rows.saved, ratio), _most(rows.chance, rows.saved, ratio)
    chance = NormalDist().inv_cdf(1.0 - alpha / 2.0) * math.sqrt(_largest_variance(rows, ratio)) / max(saved.size, 1)
    found = _bounded(saved, low, high, hidden)
    worst = worst_case(saved, outcomes, hidden)
    return Bounded(
        low=max(found.low - chance, worst.low),
        high=min(found.high + chance, worst.high),
        seen=found.seen,
        hidden=found.hidden,
    )


def _bounded(saved: Floats, low: Floats, high: Floats, hidden: Flags) -> Bounded:
    seen = float(saved[~hidden].sum())
    count = max(saved.size, 1)
    return Bounded(
        low=(seen + float(low.sum())) / count,
        high=(seen + float(high.sum())) / count,
        seen=seen / max(int((~hidden).sum()), 1),
        hidden=float(hidden.mean()) if hidden.size else 0.0,
    )


def _most(chance: Floats, saved: Floats, ratio: float) -> Floats:
    """The largest expected saving [n] of rows whose chances [n, k] may be off by `ratio`, truth against truth.

    A linear-fractional problem: the best truths weigh `ratio`, the others 1, with the cut between them in one of k
    places (Charnes and Cooper 1962).
    """
    order = np.argsort(saved, axis=1)
    p, s = np.take_along_axis(chance, order, axis=1), np.take_along_axis(saved, order, axis=1)
    most = np.full(len(p), -np.inf)
    for cut in range(p.shape[1]):
        odds = np.where(np.arange(p.shape[1]) >= cut, ratio, 1.0) * p
        most = np.maximum(most, (odds * s).sum(axis=1) / odds.sum(axis=1))
    return most


def _largest_variance(rows: Outcomes, ratio: float) -> float:
    """The sum of the rows' largest variances under the ratio: of two truths exactly, of more an upper bound."""
    spread = rows.saved.max(axis=1) - rows.saved.min(axis=1)
    if rows.saved.shape[1] > 2:  # noqa: PLR2004  # Popoviciu's bound
        return float((spread**2).sum()) / 4.0
    p = rows.chance[:, 1]
    odds = p / np.maximum(1.0 - p, np.finfo(np.float64).tiny)
    closest = np.clip(1.0, odds / ratio, odds * ratio)  # the odds nearest to an even bet have the largest variance
    share = closest / (1.0 + closest)
    return float((share * (1.0 - share) * spread**2).sum())
