"""Medians, modes, distinct values and entropy over many ranges of rows: what needs the rows of a range in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.relational.compute.entropy import entropy, fixed
from automl.features.relational.compute.ranges import Floats, Ints, Ranges, expand
from automl.features.relational.compute.sweep import Questions, middle, sweep

ROWS = 4_000_000  # of ranges side by side that are sorted at once
TOGETHER = 250_000  # rows that are looked at together: what is close in memory is fast
OFTEN = 3  # times that ranges go over a row, on average, from which on a sweep is surely faster than sorting each


def order_statistics(ops: Sequence[str], values: Floats, ranges: Ranges) -> dict[str, Floats]:
    """`OPS` of `values` [n] (NaN missing) in each of `ranges` [r].

    median and mode (of several the smallest) are NaN without values; num_unique and entropy (Shannon's, of the
    values' shares, in nats, missing being a value of its own) are NaN in an empty range. A range gives the same bits
    whatever is asked beside it.

    0.0 stands for -0.0 too. Where ranges go over their rows a few times each is sorted by itself; where they do so more
    often they are swept together: O(w n log n + r log r) time for w windows (see `sweep`), however long the ranges are.
    Memory is bounded, but for the rows of ranges that overlap.
    """
    found = np.full((len(ops), len(ranges.start)), np.nan)
    asked = np.flatnonzero(ranges.length)
    if len(asked) == 1:
        found[:, asked] = _alone(ops, values[ranges.start[asked[0]] : ranges.end[asked[0]]])
    elif len(asked):
        asked = asked[np.lexsort((ranges.end[asked], ranges.start[asked]))]
        blocks = _Blocks.of(ranges.start[asked], ranges.end[asked])
        often = blocks.often()
        for way, chosen in ((_sort_each, np.flatnonzero(~often)), (sweep, np.flatnonzero(often))):
            for part in parts((blocks.end - blocks.begin)[chosen], TOGETHER):
                which, questions = blocks.questions(chosen[part], values)
                found[:, asked[which]] = way(ops, questions)
    return dict(zip(ops, found, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blocks:
    """Blocks of ranges that overlap: those of block b are `first[b]` to `first[b + 1] - 1`.

    They cover the rows `begin[b]` to `end[b] - 1`; ranges [r] are in order of their starts and not empty.
    """

    ranges: tuple[Ints, Ints]
    first: Ints
    begin: Ints
    end: Ints

    @classmethod
    def of(cls, start: Ints, end: Ints) -> _Blocks:
        reach = np.maximum.accumulate(end)
        new = np.flatnonzero(start[1:] >= reach[:-1]) + 1
        first = np.concatenate([[0], new, [len(start)]])
        return cls(ranges=(start, end), first=first, begin=start[first[:-1]], end=reach[first[1:] - 1])

    def often(self) -> NDArray[np.bool_]:
        """Whether the ranges of a block go over its rows often."""
        start, end = self.ranges
        return np.add.reduceat(end - start, self.first[:-1]) > OFTEN * (self.end - self.begin)

    def questions(self, blocks: Ints, values: Floats) -> tuple[Ints, Questions]:
        """Which ranges some blocks have, and these over the rows of those blocks alone."""
        block, row = expand(self.begin[blocks], self.end[blocks])
        inside, which = expand(self.first[blocks], self.first[blocks + 1])
        shift = (self.begin[blocks] - np.searchsorted(block, np.arange(len(blocks))))[inside]
        start, end = (bound[which] - shift for bound in self.ranges)
        return which, Questions(values=values[row] + 0.0, block=block, inside=inside, start=start, end=end)


def _alone(ops: Sequence[str], values: Floats) -> Floats:
    """One range, for one row that is scored."""
    levels, count = np.unique(values + 0.0, return_counts=True)
    rank = np.repeat(np.arange(len(levels)), count)
    rows = _Sorted(1, np.zeros_like(rank), rank, levels[: np.searchsorted(levels, np.nan)])
    return np.stack([OPS[op](rows) for op in ops])


def _sort_each(ops: Sequence[str], asked: Questions) -> Floats:
    """Each range sorted by itself: O(m log m) time for ranges of m rows together, `ROWS` of them at a time."""
    levels, rank = np.unique(asked.values, return_inverse=True)
    levels = levels[: np.searchsorted(levels, np.nan)]  # NaN is sorted last
    pieces = []
    for part in parts(asked.end - asked.start, ROWS):
        rows = _sorted(asked.start[part], asked.end[part], rank, levels)
        pieces.append([OPS[op](rows) for op in ops])
    return np.concatenate(pieces, axis=1)


def parts(length: Ints, rows: int) -> Iterator[slice]:
    """Slices of ranges whose lengths add up to at most `rows`, one range at least."""
    total = np.cumsum(length)
    begin = 0
    while begin < len(length):
        before = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, before + rows, side="right")))
        yield slice(begin, end)
        begin = end


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The rows of `n` ranges as (range, rank) in order; the rank of a missing value is `len(levels)`."""

    n: int
    owner: Ints
    rank: Ints
    levels: Floats

    def there(self) -> _Sorted:
        keep = self.rank < len(self.levels)
        return _Sorted(self.n, self.owner[keep], self.rank[keep], self.levels)

    def runs(self) -> tuple[Ints, Ints, Ints]:
        """(range, rank, number of rows) of each distinct value of each range."""
        if not len(self.owner):
            return self.owner, self.rank, self.owner
        new = np.flatnonzero((np.diff(self.owner) != 0) | (np.diff(self.rank) != 0)) + 1
        begin = np.concatenate([[0], new])
        return self.owner[begin], self.rank[begin], np.diff(np.append(begin, len(self.owner)))


def _sorted(start: Ints, end: Ints, rank: Ints, levels: Floats) -> _Sorted:
    owner, row = expand(start, end)
    key = owner * (len(levels) + 1) + rank[row]
    key.sort()
    owner, rank = np.divmod(key, len(levels) + 1)
    return _Sorted(len(start), owner, rank, levels)


def _median(rows: _Sorted) -> Floats:
    rows = rows.there()
    count = np.bincount(rows.owner, minlength=rows.n)
    first = np.cumsum(count) - count
    some = np.flatnonzero(count)
    medians = np.full(rows.n, np.nan)
    low = rows.levels[rows.rank[first[some] + (count[some] - 1) // 2]]
    high = rows.levels[rows.rank[first[some] + count[some] // 2]]
    medians[some] = middle(low, high)
    return medians


def _mode(rows: _Sorted) -> Floats:
    owner, rank, count = rows.there().runs()
    order = np.lexsort((rank, -count, owner))
    first = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
    modes = np.full(rows.n, np.nan)
    modes[owner[first]] = rows.levels[rank[first]]
    return modes


def _num_unique(rows: _Sorted) -> Floats:
    return np.bincount(rows.there().runs()[0], minlength=rows.n).astype(np.float64)


def _entropy(rows: _Sorted) -> Floats:
    owner, _, count = rows.runs()
    total = np.concatenate([[0], np.cumsum(fixed(count))])
    bounds = np.searchsorted(owner, np.arange(rows.n + 1))
    return entropy(np.bincount(rows.owner, minlength=rows.n), np.diff(total[bounds]))


OPS = {"median": _median, "mode": _mode, "num_unique": _num_unique, "entropy": _entropy}
