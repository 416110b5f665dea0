"""What the levels of whole numbers tell about the target out of fold, and what their order does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 500  # rows below which names decide
FOLDS = 4
SHUFFLES = 6
PIECES = 16  # of the levels in their order, each with one mean: the most that the order is given
ROUGH = (3, 8)  # pieces in which an order shows that means something: more of them find single levels in any order
FEWEST = 12  # levels below which the pieces are all of them
ROWS = 1.2  # for each level, on average: with fewer hardly a level comes back
MORE = 0.01  # of the variance of the target that levels explain beyond their order, at least
OWED = 1 / 2  # of what levels explain beyond a shuffled order, the most that their own order explains
SURE = 5.0  # standard errors of what one explains beyond the other
PRIOR = 5.0  # rows that the mean of all weighs in that of a piece
CHANCE = 2.0  # standard errors up to which an order tells nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Shares of the variance out of fold that pieces of the levels explain, in their order and in one drawn anew."""

    order: float
    by_chance: float

    def owes(self, levels: float) -> bool:
        """Whether a good part of what the levels explain beyond pieces of chance comes of their order."""
        by_chance = max(0.0, self.by_chance)
        return self.order - by_chance >= OWED * (levels - by_chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Shares of the variance out of fold, and standard errors: of what levels tell beyond their order, of each.

    `order` and `beyond` are those of many pieces. Where few levels have most of the rows, these find each of them in
    any order: `rough` has few pieces, where an order shows that means something; it is empty where nobody looked.
    """

    levels: float
    order: float
    beyond: float
    levels_sure: float
    order_sure: float
    rough: tuple[Ordered, ...]
    largest: float  # of the numbers, without its sign

    @property
    def as_levels(self) -> bool:
        """Levels tell what their order does not."""
        if not self.rough or self.levels_sure < SURE or self.beyond < -CHANCE:
            return False
        return not any(pieces.owes(self.levels) for pieces in self.rough)

    @property
    def as_order(self) -> bool:
        """The order tells what levels do not: there are too many of them, or it is a measure."""
        return self.beyond < -SURE and self.order > self.levels + MORE


def explained(values: Floats, answers: Floats, *, named: bool) -> Explained | None:
    """What levels and their order explain; None where they are no whole numbers, or too few or too many levels.

    None, too, where one fold says that levels tell no more than their order, of a column not `named` as a code.
    """
    known = np.isfinite(values)
    values, answers = values[known], answers[known]
    if values.size < LEAST or (values != np.round(values)).any():
        return None
    levels, code = np.unique(values, return_inverse=True)
    if not FEWEST <= levels.size <= values.size / ROWS:
        return None
    truth = answers - answers.mean(axis=0)
    nothing = (truth**2).sum(axis=1)
    if not named and not _promising(code, truth, levels.size):
        return None
    by_level = _missed(code, truth, levels.size, _shrunk)
    by_order = _missed(code, truth, levels.size, _pieces(PIECES))
    return Explained(
        levels=1.0 - float(by_level.mean()) / _spread(truth),
        order=1.0 - float(by_order.mean()) / _spread(truth),
        beyond=_errors(by_order - by_level),
        levels_sure=_errors(nothing - by_level),
        order_sure=_errors(nothing - by_order),
        rough=tuple(_ordered(code, truth, levels.size, by_level)),
        largest=float(np.abs(values).max()),
    )


def _promising(code: Ints, truth: Floats, size: int) -> bool:
    """Whether the levels tell more than a few pieces of their order on the first fold, by a standard error."""
    by_level, by_order = (_missed(code, truth, size, by, folds=1) for by in (_shrunk, _pieces(ROUGH[0])))
    return _errors((by_order - by_level)[::FOLDS]) > 1.0


def _ordered(code: Ints, truth: Floats, size: int, by_level: Floats) -> Iterator[Ordered]:
    """What few pieces explain in the order and in orders drawn anew; nothing where the fewest tell what levels do."""
    orders = [np.random.default_rng(seed).permutation(size) for seed in range(SHUFFLES)]
    for pieces in ROUGH:
        by_order = _missed(code, truth, size, _pieces(pieces))
        beyond, more = _errors(by_order - by_level), float((by_order - by_level).mean()) / _spread(truth)
        if pieces == ROUGH[0] and (beyond < SURE or more < MORE):
            return
        by_chance = float(np.mean([_missed(order[code], truth, size, _pieces(pieces)).mean() for order in orders]))
        spread = _spread(truth)
        yield Ordered(order=1.0 - float(by_order.mean()) / spread, by_chance=1.0 - by_chance / spread)


def _spread(truth: Floats) -> float:
    """The variance of the centred answers [n, answers]."""
    return max(float((truth**2).sum(axis=1).mean()), 1e-12)


def _missed(
    code: Ints, truth: Floats, size: int, by: Callable[[Floats, Floats, Floats], Floats], *, folds: int = FOLDS
) -> Floats:
    """The squared error of each row [n] where its level `code` has a number out of fold, of the first `folds`."""
    guess = np.zeros_like(truth)
    fold = np.arange(code.size) % FOLDS
    for number in range(folds):
        out, inside = fold == number, fold != number
        middle = truth[inside].mean(axis=0)
        total, count = _sums(code[inside], truth[inside] - middle, size)
        guess[out] = middle + by(total, count, truth[inside] - middle)[code[out]]
    return np.asarray(((truth - guess) ** 2).sum(axis=1))


def _errors(gain: Floats) -> float:
    """A mean [n] in standard errors."""
    return float(gain.mean()) / max(float(gain.std()) / float(np.sqrt(gain.size)), 1e-12)


def _sums(code: Ints, answers: Floats, size: int) -> tuple[Floats, Floats]:
    """The sums of the answers [levels, answers] and the rows [levels] of each level."""
    total = np.stack([np.bincount(code, weights=column, minlength=size) for column in answers.T], axis=1)
    return np.asarray(total, dtype=np.float64), np.bincount(code, minlength=size).astype(np.float64)


def _shrunk(total: Floats, count: Floats, answers: Floats) -> Floats:
    """The mean of each level [levels, answers], shrunk by what its rows differ over what levels differ, by moments."""
    rows, weight = count.sum(), np.maximum(count, 1.0)[:, None]
    square = float((answers**2).sum())
    means = total / weight
    between_sum = float((total * means).sum())
    within = (square - between_sum) / max(1.0, rows - np.count_nonzero(count))
    between = (between_sum - within * np.count_nonzero(count)) / rows
    prior = within / between if between > 0.0 else np.inf
    return np.zeros_like(total) if np.isinf(prior) else total / (count[:, None] + prior)


def _pieces(most: int) -> Callable[[Floats, Floats, Floats], Floats]:
    """The mean of each level's piece [levels, answers]: of all pieces the best cut is made, again and again."""

    def means(total: Floats, count: Floats, answers: Floats) -> Floats:
        del answers
        sums = np.concatenate([np.zeros((1, total.shape[1])), np.cumsum(total, axis=0)])
        rows = np.concatenate([[0.0], np.cumsum(count)])
        edges = _edges(sums, rows, most)
        of_piece = np.diff(sums[edges], axis=0) / (np.diff(rows[edges]) + PRIOR)[:, None]
        return np.asarray(np.repeat(of_piece, np.diff(edges), axis=0))

    return means


def _edges(sums: Floats, rows: Floats, most: int) -> Ints:
    """Where the levels are cut into at most so many pieces, by their cumulated sums and rows."""
    least = max(PRIOR, rows[-1] / 500)
    cuts = [_cut(sums, rows, 0, rows.size - 1, least)]
    ends = {0, rows.size - 1}
    while len(ends) <= most and cuts:
        best = max(cuts)
        cuts.remove(best)
        gained, start, middle, end = best
        if gained <= 0.0:
            break
        ends.add(middle)
        cuts += [_cut(sums, rows, *piece, least) for piece in ((start, middle), (middle, end)) if np.diff(piece) > 1]
    return np.array(sorted(ends))


def _cut(sums: Floats, rows: Floats, start: int, end: int, least: float) -> tuple[float, int, int, int]:
    """How much the best cut of the levels `start` to `end` explains that leaves `least` rows on each side; where."""
    at = np.arange(start + 1, end)

    def explained(low: Ints | int, high: Ints | int) -> Floats:
        return np.asarray(((sums[high] - sums[low]) ** 2).sum(axis=-1) / (rows[high] - rows[low] + PRIOR))

    gain = explained(start, at) + explained(at, end)
    gain[(rows[at] - rows[start] < least) | (rows[end] - rows[at] < least)] = -np.inf
    best = int(gain.argmax())
    return float(gain[best] - explained(start, end)), start, int(at[best]), end
