"""Which columns say more together than each alone: combinations found as boosting finds them, by what is left to tell.

Levels are counted, so that a combination is scored by a few sums over the rows, whatever it is made of.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Sample
from automl.features.levels import Levels
from automl.features.vocabulary import SEEN

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST = 4  # columns in a combination
MOST = 12  # combinations
POOL = 40  # pairs, triples and quadruples each that are looked at again once a combination is found
BEAM = 6  # pairs, and triples, that grow by every column though they tell no more than noise
BLIND = 10  # columns of few levels of which all triples are scored: their pairs may say nothing
TARGETS = 4  # classes that are looked at, the most frequent
BELIEFS = (5.0, 20.0, 80.0)  # rows' worth of belief in nothing, the best of which counts
SWEEPS = 2  # over the single columns
BEYOND = 3.0  # standard errors; of hundreds of combinations of noise the best has about so many
LEAST = 0.02  # of what all found ones tell: one that adds less is dropped

Combination = tuple[int, ...]


def find_interactions(levels: Sequence[Levels], sample: Sample, anchors: Sequence[bool]) -> list[Combination]:
    """Combinations of two to four of the columns, in the order in which they were found.

    Each column is given by its levels on the rows of the sample; a combination has one of the `anchors` in it. What
    single columns tell out of fold is taken off first. Then the pair whose shrunk cell means tell most out of fold of
    what is left is taken off, and again, as long as one tells more than noise; one that is found may grow by a column.
    At the end longer ones are looked at whose pairs alone say nothing, as far as a beam goes.
    """
    scale = _Scale.of(sample)
    alone = [_Cells.of(one.level, scale) for one in levels]
    rest = left = reduce(lambda rest, cells: scale.without(cells, rest), alone * SWEEPS, _targets(sample))
    found: dict[Combination, _Cells] = {}
    pool: dict[Combination, _Cells] = {}
    for candidates in (_pairs, _longer):
        pool |= candidates(levels, alone, anchors, rest, scale)
        while len(found) < MOST and (best := _best(pool, rest, scale)) is not None:
            found[best] = pool.pop(best)
            rest = scale.without(found[best], rest)
            pool |= _grown([best], found, levels, scale)
    return _needed(found, left, scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The rows of a sample: their `weight` [n], and the `fold` [n] that predicts each; the last one predicts none."""

    weight: Floats
    fold: Ints
    folds: int

    @classmethod
    def of(cls, sample: Sample) -> _Scale:
        fold = np.full(len(sample.y), len(sample.folds))
        for number, one in enumerate(sample.folds):
            fold[one.valid] = number
        weight = np.ones(len(sample.y)) if sample.weight is None else sample.weight / sample.weight.mean()
        return cls(weight=weight, fold=fold, folds=len(sample.folds) + 1)

    def means(self, cells: _Cells, left: Floats) -> tuple[float, Floats]:
        """What the means of cells tell of `left` [n, t] out of fold, and these means [n, t], shrunk to 0."""
        size = cells.size * self.folds
        shape = (cells.size, self.folds)
        sums = np.stack(
            [np.bincount(cells.place, self.weight * column, size).reshape(shape) for column in left.T], axis=-1
        )
        others = sums.sum(axis=1, keepdims=True) - sums
        counts = cells.rows.sum(axis=1, keepdims=True) - cells.rows
        tried = []
        for belief in BELIEFS:
            mean = others / (counts + belief)[..., None]
            tried.append((float((mean * (2.0 * sums - cells.rows[..., None] * mean))[:, :-1].sum()), mean))
        told, mean = max(tried, key=lambda one: one[0])
        return told, mean.reshape(size, -1)

    def without(self, cells: _Cells, left: Floats) -> Floats:
        """`left` less what the cells tell of it; nothing if they tell nothing."""
        told, mean = self.means(cells, left)
        return left - mean[cells.place] if told > 0.0 else left

    def errors(self, cells: _Cells, left: Floats) -> float:
        """How many standard errors what the cells tell is from nothing."""
        _, mean = self.means(cells, left)
        of_row = mean[cells.place]
        told = (self.weight[:, None] * of_row * (2.0 * left - of_row)).sum(axis=1)[self.fold < self.folds - 1]
        return float(told.sum() / max(np.sqrt((told**2).sum()), 1e-300))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """The cell of each row, `level` [n] below `size`, its `place` [n] by cell and fold, and `rows` [size, folds]."""

    level: Ints
    size: int
    place: Ints
    rows: Floats

    @classmethod
    def of(cls, key: Ints, scale: _Scale) -> _Cells:
        """The cells with at least `SEEN` rows; the others are one, the last."""
        _, level, counts = np.unique(key, return_inverse=True, return_counts=True)
        often = counts >= SEEN
        size = int(often.sum()) + 1
        level = np.where(often, np.cumsum(often) - 1, size - 1)[level]
        place = level * scale.folds + scale.fold
        rows = np.asarray(np.bincount(place, scale.weight, size * scale.folds).reshape(size, scale.folds), np.float64)
        return cls(level=level, size=size, place=place, rows=rows)


def _targets(sample: Sample) -> Floats:
    """What is to be told [n, t]: the target, or the most frequent classes, less the mean."""
    y = sample.y.reshape(-1, 1)
    if sample.task.kind == "multiclass":
        frequent = np.argsort(-np.bincount(sample.y.astype(np.int64)), kind="stable")[:TARGETS]
        y = (y == frequent).astype(np.float64)
    return np.asarray(y - y.mean(axis=0))


def _pairs(
    levels: Sequence[Levels], alone: Sequence[_Cells], anchors: Sequence[bool], left: Floats, scale: _Scale
) -> dict[Combination, _Cells]:
    """The pairs that tell most."""
    pairs = itertools.combinations(range(len(levels)), 2)
    anchored = [pair for pair in pairs if any(anchors[j] for j in pair)]
    return _most(((pair, _beside(alone[pair[0]], levels[pair[1]], scale)) for pair in anchored), left, scale, POOL)


def _longer(
    levels: Sequence[Levels], alone: Sequence[_Cells], anchors: Sequence[bool], left: Floats, scale: _Scale
) -> dict[Combination, _Cells]:
    """Triples and quadruples that tell most: of the pairs that come first, though they tell no more than noise."""
    pairs = _pairs(levels, alone, anchors, left, scale)
    few = sorted(range(len(levels)), key=lambda j: alone[j].size)[:BLIND]
    blind = [three for three in itertools.combinations(few, 3) if any(anchors[j] for j in three)]
    triples = _grown(list(pairs)[:BEAM], pairs, levels, scale)
    for one in blind:
        pair = _beside(alone[one[0]], levels[one[1]], scale)
        triples[one] = _beside(pair, levels[one[2]], scale)
    triples = _most(triples.items(), left, scale, POOL)
    return triples | _most(_grown(list(triples)[:BEAM], triples, levels, scale).items(), left, scale, POOL)


def _most(
    candidates: Iterable[tuple[Combination, _Cells]], left: Floats, scale: _Scale, most: int
) -> dict[Combination, _Cells]:
    """Those that tell most, the best first."""
    scored = [(scale.means(cells, left)[0], name, cells) for name, cells in candidates]
    scored.sort(key=lambda one: -one[0])
    return {name: cells for _, name, cells in scored[:most]}


def _grown(
    names: Sequence[Combination], known: dict[Combination, _Cells], levels: Sequence[Levels], scale: _Scale
) -> dict[Combination, _Cells]:
    """Each of these with one column more, as often as it is another set of columns."""
    taken = {frozenset(name) for name in known}
    grown: dict[Combination, _Cells] = {}
    for name, j in itertools.product(names, range(len(levels))):
        columns = frozenset((*name, j))
        if len(name) < len(columns) <= LONGEST and columns not in taken:
            taken.add(columns)
            grown[*name, j] = _beside(known[name], levels[j], scale)
    return grown


def _beside(cells: _Cells, other: Levels, scale: _Scale) -> _Cells:
    return _Cells.of(cells.level * other.size + other.level, scale)


def _best(pool: dict[Combination, _Cells], left: Floats, scale: _Scale) -> Combination | None:
    """The combination that tells most, if that is more than noise."""
    told = {name: scale.means(cells, left)[0] for name, cells in pool.items()}
    best = max(told, key=lambda name: told[name], default=None)
    return best if best is not None and scale.errors(pool[best], left) >= BEYOND else None


def _needed(found: dict[Combination, _Cells], left: Floats, scale: _Scale) -> list[Combination]:
    """Those without which less is told: what a longer one tells, its parts need not."""
    names = list(found)
    told = _told(found, names, left, scale)
    for name in list(found):
        others = [other for other in names if other != name]
        without = _told(found, others, left, scale)
        if told - without < LEAST * told:
            names, told = others, without
    return names


def _told(found: dict[Combination, _Cells], names: Sequence[Combination], left: Floats, scale: _Scale) -> float:
    """What these tell one after the other."""
    total = 0.0
    for name in names:
        told, mean = scale.means(found[name], left)
        if told > 0.0:
            total, left = total + told, left - mean[found[name].place]
    return total
