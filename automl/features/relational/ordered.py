"""Medians, modes, distinct values and entropy over many ranges of rows: what needs the rows of a range in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from automl.features.relational.fold import Floats, Ints, Ranges

ROWS = 4_000_000  # of ranges side by side that are looked at at once


def median(values: Floats, ranges: Ranges) -> Floats:
    """The median of `values` [n] (NaN missing) in each range, NaN without values."""
    return _each(_median, values, ranges)


def mode(values: Floats, ranges: Ranges) -> Floats:
    """The most frequent value, the smallest of several; NaN without values."""
    return _each(_mode, values, ranges)


def num_unique(values: Floats, ranges: Ranges) -> Floats:
    """The number of distinct values; NaN in an empty range."""
    return _each(_num_unique, values, ranges)


def entropy(values: Floats, ranges: Ranges) -> Floats:
    """Shannon's entropy of the values' shares in nats, missing being a value of its own; NaN in an empty range."""
    return _each(_entropy, values, ranges)


def expand(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(the range, the row) of each row in each range, range by range."""
    length = end - start
    owner = np.repeat(np.arange(len(start)), length)
    first = np.cumsum(length) - length
    return owner, np.arange(len(owner)) + np.repeat(start - first, length)


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


def _each(of: Callable[[_Sorted], Floats], values: Floats, ranges: Ranges) -> Floats:
    """Each distinct non-empty range once, a bounded number of rows at a time."""
    found = np.full(len(ranges.start), np.nan)
    asked = np.flatnonzero(ranges.length)
    if not asked.size:
        return found
    pair, back = np.unique(ranges.start[asked] * (len(values) + 1) + ranges.end[asked], return_inverse=True)
    start, end = np.divmod(pair, len(values) + 1)
    levels, rank = np.unique(values, return_inverse=True)
    levels = levels[: np.searchsorted(levels, np.nan)]  # NaN is sorted last
    pieces = [of(_sorted(start[part], end[part], rank, levels)) for part in parts(end - start, ROWS)]
    found[asked] = np.concatenate(pieces)[back]
    return found


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
    found = np.full(rows.n, np.nan)
    low = rows.levels[rows.rank[first[some] + (count[some] - 1) // 2]]
    high = rows.levels[rows.rank[first[some] + count[some] // 2]]
    found[some] = np.where(low == high, low, (low + high) / 2.0)
    return found


def _mode(rows: _Sorted) -> Floats:
    owner, rank, count = rows.there().runs()
    order = np.lexsort((rank, -count, owner))
    first = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
    found = np.full(rows.n, np.nan)
    found[owner[first]] = rows.levels[rank[first]]
    return found


def _num_unique(rows: _Sorted) -> Floats:
    return np.bincount(rows.there().runs()[0], minlength=rows.n).astype(np.float64)


def _entropy(rows: _Sorted) -> Floats:
    owner, _, count = rows.runs()
    share = count / np.bincount(rows.owner, minlength=rows.n)[owner]
    return np.maximum(np.bincount(owner, weights=-share * np.log(share), minlength=rows.n), 0.0)
