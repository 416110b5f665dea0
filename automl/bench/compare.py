"""Entrants compared over tasks and seeds, by the methods that the field has agreed on.

Ranks, the Friedman test and Nemenyi's critical difference after Demsar, "Statistical Comparisons of Classifiers over
Multiple Data Sets", JMLR 7 (2006); the F form of Iman and Davenport (1980); Bradley-Terry strengths (1952) by Hunter's
MM algorithm (Annals of Statistics 32, 2004); intervals by a bootstrap over tasks, and over seeds within each
(percentiles; Efron and Tibshirani 1993).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESAMPLES: Final = 2_000
LEVEL: Final = 0.95
FEWEST_TASKS: Final = 6  # with five, even five wins of five have p = 0.06 in the two-sided sign test
ELO_STEP: Final = 400.0 / math.log(10.0)
ELO_MEAN: Final = 1000.0
VIRTUAL_TIES: Final = 1.0  # for each pair: who wins always has a finite strength
ROUNDS: Final = 300  # of the MM algorithm; strengths stand to four digits long before


@dataclass(frozen=True, slots=True, kw_only=True)
class Omnibus:
    """Whether the mean ranks differ at all, and by how much two must differ: None where the test is not defined."""

    chi_square: float
    p: float
    f: float
    p_f: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """`one` against `other`: tasks won, tied and lost, and the share won (a tie is half) with its interval.

    `verdict` is "open" where there are fewer tasks than any test could decide on.
    """

    one: int
    other: int
    wins: int
    ties: int
    losses: int
    share: float
    low: float
    high: float
    verdict: Literal["win", "tie", "loss", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """Bradley-Terry strength on the scale of Elo (mean 1000, 400 points are odds of ten to one), with its interval."""

    elo: float
    low: float
    high: float


def ranks(gains: Floats) -> Floats:
    """Ranks of the entrants on each task [tasks, entrants]; 1 is the best, ties share the mean of their places.

    `gains` [tasks, entrants]: more is better.
    """
    return np.asarray(stats.rankdata(-gains, axis=1, method="average"))


def normalised(gains: Floats, constant: Floats) -> Floats:
    """Each score between the constant predictor's (0) and the best one's (1) of its task, cut at 0 [tasks, entrants].

    Where nobody beats `constant` [tasks], all have 0.
    """
    span = gains.max(axis=1) - constant
    share = (gains - constant[:, None]) / np.where(span > 0, span, 1.0)[:, None]
    return np.asarray(np.where(span[:, None] > 0, np.clip(share, 0.0, 1.0), 0.0))


def omnibus(gains: Floats) -> Omnibus | None:
    """Friedman's test (corrected for ties) and its F form; None for fewer than three entrants or two tasks."""
    tasks, entrants = gains.shape
    if entrants < 3 or tasks < 2 or not np.ptp(gains, axis=1).any():  # noqa: PLR2004  # as the docstring says
        return None
    found = stats.friedmanchisquare(*gains.T)
    chi = float(found.statistic)
    rest = tasks * (entrants - 1) - chi
    f = (tasks - 1) * chi / rest if rest > 0 else math.inf
    p_f = float(stats.f.sf(f, entrants - 1, (entrants - 1) * (tasks - 1)))
    return Omnibus(chi_square=chi, p=float(found.pvalue), f=f, p_f=p_f)


def critical_difference(entrants: int, tasks: int, *, level: float = LEVEL) -> float:
    """Nemenyi's: mean ranks that differ by more are told apart, all pairs at once at `level`.

    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    q = float(stats.studentized_range.ppf(level, entrants, np.inf)) / math.sqrt(2.0)
    return q * math.sqrt(entrants * (entrants + 1) / (6.0 * tasks))


def cliques(mean_ranks: Sequence[float], difference: float) -> list[tuple[int, ...]]:
    """The largest groups of entrants whose mean ranks all lie within `difference`, best first.

    >>> cliques([1.0, 3.0, 1.5, 3.2], 1.0)
    [(0, 2), (1, 3)]
    """
    order = sorted(range(len(mean_ranks)), key=lambda i: mean_ranks[i])
    found: list[tuple[int, ...]] = []
    reached = 0
    for start, first in enumerate(order):
        within = [i for i in order[start:] if mean_ranks[i] - mean_ranks[first] <= difference]
        end = start + len(within)
        if len(within) > 1 and end > reached:
            found.append(tuple(within))
            reached = end
    return found


@dataclass(frozen=True, slots=True)
class Draws:
    """Tasks, and seeds of each, drawn again with replacement: `tasks` [R, T], `seeds` [R, T, S]."""

    tasks: Ints
    seeds: Ints

    @classmethod
    def of(cls, tasks: int, seeds: int, *, seed: int, resamples: int = RESAMPLES) -> Draws:
        """The draws that every comparison shares, so that they are paired."""
        random = np.random.default_rng(seed)
        return cls(
            random.integers(tasks, size=(resamples, tasks)), random.integers(seeds, size=(resamples, tasks, seeds))
        )

    def means(self, gains: Floats) -> Floats:
        """The mean over the drawn seeds of each drawn task [R, T, entrants] of `gains` [tasks, entrants, seeds]."""
        drawn = gains[self.tasks[:, :, None], :, self.seeds]  # [R, T, S, entrants]
        return np.asarray(drawn.mean(axis=2))


def pairs(gains: Floats, draws: Draws) -> Iterator[Pair]:
    """Every pair of entrants; `gains` [tasks, entrants, seeds], more is better. Equal scores are a tie."""
    mean, drawn = gains.mean(axis=2), draws.means(gains)
    tail = (1.0 - LEVEL) / 2.0
    for one in range(gains.shape[1]):
        for other in range(gains.shape[1]):
            if one == other:
                continue
            outcome = np.sign(mean[:, one] - mean[:, other])
            shares = 0.5 + 0.5 * np.sign(drawn[:, :, one] - drawn[:, :, other]).mean(axis=1)
            low, high = np.quantile(shares, (tail, 1.0 - tail))
            yield Pair(
                one=one,
                other=other,
                wins=int((outcome > 0).sum()),
                ties=int((outcome == 0).sum()),
                losses=int((outcome < 0).sum()),
                share=float(0.5 + 0.5 * outcome.mean()),
                low=float(low),
                high=float(high),
                verdict=_verdict(float(low), float(high), len(outcome)),
            )


def _verdict(low: float, high: float, tasks: int) -> Literal["win", "tie", "loss", "open"]:
    if low == high == 0.5:  # noqa: PLR2004  # equal on every task: no number of tasks would tell them apart
        return "tie"
    if tasks < FEWEST_TASKS:
        return "open"
    if low > 0.5:  # noqa: PLR2004  # half of the games
        return "win"
    return "loss" if high < 0.5 else "tie"  # noqa: PLR2004  # as above


def strengths(gains: Floats, draws: Draws, *, ties: float = VIRTUAL_TIES) -> list[Strength]:
    """Each entrant's strength: a task is a game between each two, equal scores are half a win for both.

    `gains` [tasks, entrants, seeds]. `ties` are added to each pair's games.
    """
    elo = bradley_terry(wins(gains.mean(axis=2)[None]) + _virtual(gains.shape[1], ties))[0]
    drawn = bradley_terry(wins(draws.means(gains)) + _virtual(gains.shape[1], ties))
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(drawn, (tail, 1.0 - tail), axis=0)
    return [Strength(elo=float(e), low=float(a), high=float(b)) for e, a, b in zip(elo, low, high, strict=True)]


def wins(gains: Floats) -> Floats:
    """Games won by the row's entrant against the column's [R, entrants, entrants], of `gains` [R, T, entrants]."""
    return np.asarray((0.5 + 0.5 * np.sign(gains[:, :, :, None] - gains[:, :, None, :])).sum(axis=1)) * (
        1.0 - np.eye(gains.shape[2])
    )


def bradley_terry(won: Floats) -> Floats:
    """Strengths on the scale of Elo [R, entrants] that make the `won` games [R, entrants, entrants] likeliest.

    Hunter's MM algorithm. A pair without games says nothing; an entrant without a win has no finite strength, one
    without games stands at the mean.
    """
    games = won + won.transpose(0, 2, 1)
    total = won.sum(axis=2)
    strength = np.ones_like(total)
    for _ in range(ROUNDS):
        share = (games / (strength[:, :, None] + strength[:, None, :])).sum(axis=2)
        strength = np.where(share > 0, total, 1.0) / np.where(share > 0, share, 1.0)
        strength /= np.exp(np.log(strength).mean(axis=1, keepdims=True))
    return np.asarray(ELO_MEAN + ELO_STEP * np.log(strength))


def _virtual(entrants: int, ties: float) -> Floats:
    return np.asarray(0.5 * ties * (1.0 - np.eye(entrants)))


def front(*costs: Sequence[float | None]) -> list[bool]:
    """Whether an entrant is on the Pareto front: none is at most as costly in all and less in one.

    An entrant without one of its figures is not on it.

    >>> front([1.0, 2.0, 3.0], [9.0, 2.0, 5.0])
    [True, True, False]
    """
    points = list(zip(*costs, strict=True))
    known = [all(value is not None and math.isfinite(value) for value in point) for point in points]
    return [
        known[i]
        and not any(
            known[j] and all(b <= a for a, b in zip(point, other, strict=True)) and point != other
            for j, other in enumerate(points)
        )
        for i, point in enumerate(points)
    ]
