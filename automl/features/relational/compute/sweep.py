"""Order statistics of ranges that go over the same rows again and again: rows are sorted once and swept once.

Ranges are taken as moments of one sweep, in which each row comes and goes. That needs starts and ends that never
step back; those of one window do not, and others are parted into as few such chains as there can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.features.relational.compute.entropy import entropy, fixed
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.wavelet import kth_smallest


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Ranges [q] of rows [n], which lie in blocks that no range crosses.

    The `block` [n] of each row ascends; range i covers the rows `start[i]` to `end[i] - 1` of block `inside[i]`, at
    least one, and ranges are in order of their starts and then ends.
    """

    values: Floats
    block: Ints
    inside: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """Rows in blocks that no range crosses, and the cells of equal values in each block.

    `row` [n] is in order of cells and then of rows, `cell` [n] the cell of each of them; cells [c] are in order of
    blocks and then of `value` [c], NaN last; those of block b are `first[b]` to `first[b + 1] - 1`.
    """

    row: Ints
    cell: Ints
    value: Floats
    first: Ints

    @classmethod
    def of(cls, values: Floats, block: Ints) -> _Cells:
        """Sorts `values` [n], whose `block` [n] ascends."""
        n = len(values)
        levels, rank = np.unique(values, return_inverse=True)  # NaN is one level, the last
        key = (block * len(levels) + rank) * n + np.arange(n)
        key.sort()
        both, row = np.divmod(key, n)
        new = np.diff(both, prepend=-1) != 0
        its_block, its_rank = np.divmod(both[new], len(levels))
        first = np.searchsorted(its_block, np.arange(block[-1] + 2))
        return cls(row=row, cell=np.cumsum(new) - 1, value=levels[its_rank], first=first)


def sweep(ops: Sequence[str], asked: Questions) -> Floats:
    """Each of `ops` in each range, [ops, q].

    With w chains of ranges (one a window) medians take O((n + q) log n) time and all else O(w n log n + q log q):
    longer ranges over the same rows cost no more. Memory is O(n + q).
    """
    cells = _Cells.of(asked.values, asked.block)
    results = {op: np.empty(len(asked.start)) for op in ops}
    if "median" in results:
        results["median"] = _median(cells, asked)
    counted = [op for op in ops if op in COUNTED]
    for chain in _chains(asked.end) if counted else ():
        lives = _Lives.of(cells, asked.start[chain], asked.end[chain])
        for op in counted:
            results[op][chain] = COUNTED[op](lives)
    return np.stack([results[op] for op in ops])


def middle(low: Floats, high: Floats) -> Floats:
    """The middle of two values, NaN of opposite infinities; that of the smallest number and zero is zero, not -0."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(low == high, low, (low + high) / 2.0 + 0.0)


def _median(cells: _Cells, asked: Questions) -> Floats:
    rank, there = np.empty_like(cells.cell), np.empty(len(cells.cell), dtype=np.bool_)
    rank[cells.row] = cells.cell - np.repeat(cells.first[:-1], np.diff(np.searchsorted(cells.cell, cells.first)))
    there[cells.row] = ~np.isnan(cells.value)[cells.cell]
    before = np.concatenate([[0], np.cumsum(there)])
    count = before[asked.end] - before[asked.start]
    some, two = np.flatnonzero(count), np.flatnonzero((count > 0) & (count % 2 == 0))
    which = np.concatenate([some, two])
    k = np.concatenate([(count[some] - 1) // 2, count[two] // 2])
    value = cells.value[cells.first[asked.inside[which]] + kth_smallest(rank, asked.start[which], asked.end[which], k)]
    medians = np.full(len(count), np.nan)
    medians[some] = value[: len(some)]
    medians[two] = middle(medians[two], value[len(some) :])
    return medians


def _chains(end: Ints) -> Iterator[Ints]:
    """Ranges in order of their starts, in as few parts as can be within each of which no end steps back.

    A range stands in the part whose number is that of the longest row of ever smaller ends before it (Dilworth).
    """
    left = np.arange(len(end))
    while left.size:
        top = end[left] >= np.maximum.accumulate(end[left])
        yield left[top]
        left = left[~top]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lives:
    """When the rows come and go: row i, of `cell[i]`, is in the ranges `came[i]` to `went[i] - 1` of a chain."""

    length: Ints
    value: Floats
    cell: Ints
    came: Ints
    went: Ints

    @classmethod
    def of(cls, cells: _Cells, start: Ints, end: Ints) -> _Lives:
        n = len(cells.row)
        came = np.cumsum(np.bincount(end, minlength=n + 1))[cells.row]
        went = np.cumsum(np.bincount(start, minlength=n + 1))[cells.row]
        seen = np.flatnonzero(came < went)
        return cls(length=end - start, value=cells.value, cell=cells.cell[seen], came=came[seen], went=went[seen])

    def there(self) -> _Lives:
        keep = ~np.isnan(self.value)[self.cell]
        return _Lives(
            length=self.length, value=self.value, cell=self.cell[keep], came=self.came[keep], went=self.went[keep]
        )

    def changes(self) -> tuple[Ints, Ints, Ints]:
        """(cell, moment, number of rows from then on) wherever the rows of a cell come or go."""
        moments = len(self.length) + 1
        key = np.concatenate([self.cell * moments + self.came, self.cell * moments + self.went])
        order = np.argsort(key, kind="stable")  # two sorted runs are merged
        count = np.cumsum(np.where(order < len(self.cell), 1, -1))
        key = key[order]
        last = np.flatnonzero(np.diff(key, append=-1))
        return *np.divmod(key[last], moments), count[last]


def _num_unique(lives: _Lives) -> Floats:
    """A row counts where no earlier one of its cell is there."""
    lives = lives.there()
    earlier = np.concatenate([[0], lives.went[:-1]])
    begin = np.maximum(lives.came, np.where(np.diff(lives.cell, prepend=-1) == 0, earlier, 0))
    new = begin < lives.went
    n = len(lives.length)
    change = np.bincount(begin[new], minlength=n + 1) - np.bincount(lives.went[new], minlength=n + 1)
    return np.cumsum(change[:n]).astype(np.float64)


def _entropy(lives: _Lives) -> Floats:
    _, moment, count = lives.changes()
    part = fixed(np.arange(count.max() + 1))[count]
    change = np.zeros(len(lives.length) + 1, dtype=np.int64)
    np.add.at(change, moment, np.diff(part, prepend=0))  # a cell ends with no row
    return entropy(lives.length, np.cumsum(change[:-1]))


def _mode(lives: _Lives) -> Floats:
    cell, moment, count = lives.there().changes()
    held = np.flatnonzero(count)  # never the last change of a cell
    cells = len(lives.value)
    best = _highest(moment[held], moment[held + 1], count[held] * cells - cell[held], len(lives.length))
    found = -best % max(cells, 1)
    return np.where(best > 0, lives.value[found], np.nan)


def _highest(begin: Ints, end: Ints, score: Ints, n: int) -> Ints:
    """The highest score (at least 0) at each of `n` moments of those that hold from `begin` to `end - 1`.

    Each holds for two blocks of a power of two moments, which overlap; from the largest blocks down each hands its
    best to its halves: O(n log n) for n of either.
    """
    best = np.zeros(n, dtype=np.int64)
    power = np.frexp(end - begin)[1] - 1
    order = np.argsort(power.astype(np.int8), kind="stable")
    bounds = np.searchsorted(power[order], np.arange(power.max(initial=-1) + 2))
    for level in reversed(range(len(bounds) - 1)):
        own = order[bounds[level] : bounds[level + 1]]
        np.maximum.at(best, begin[own], score[own])
        if level:
            np.maximum.at(best, end[own] - (1 << level), score[own])
            half = 1 << level - 1
            best[half:] = np.maximum(best[half:], best[:-half])
    return best


COUNTED: Mapping[str, Callable[[_Lives], Floats]] = {"mode": _mode, "num_unique": _num_unique, "entropy": _entropy}
