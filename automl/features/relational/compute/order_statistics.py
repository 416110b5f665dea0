"""Medians, modes, distinct values and entropy over many ranges of rows: what needs the rows of a range in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from automl.features.relational.compute.range_aggregates import Floats, Ints, Ranges

ROWS = 4_000_000  # of ranges side by side that are looked at at once


def order_statistics(ops: Sequence[str], values: Floats, ranges: Ranges) -> dict[str, Floats]:
    """`OPS` of `values` [n] (NaN missing) in each range, each distinct range once, a bounded number of rows at a time.

    median and mode (of several the smallest) are NaN without values; num_unique and entropy (Shannon's, of the
    values' shares, in nats, missing being a value of its own) are NaN in an empty range.
    """
    results = {op: np.full(len(ranges.start), np.nan) for op in ops}
    asked = np.flatnonzero(ranges.length)
    if not asked.size:
        return results
    start, end, back = _distinct(ranges.start[asked], ranges.end[asked], len(values) + 1)
    levels, rank = np.unique(values, return_inverse=True)
    levels = levels[: np.searchsorted(levels, np.nan)]  # NaN is sorted last
    pieces = []
    for part in parts(end - start, ROWS):
        rows = _sorted(start[part], end[part], rank, levels)
        pieces.append([OPS[op](rows) for op in ops])
    for i, op in enumerate(ops):
        results[op][asked] = np.concatenate([piece[i] for piece in pieces])[back]
    return results


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


def _distinct(start: Ints, end: Ints, base: int) -> tuple[Ints, Ints, Ints]:
    if len(start) == 1:
        return start, end, np.zeros(1, dtype=np.int64)
    pair, back = np.unique(start * base + end, return_inverse=True)
    return *np.divmod(pair, base), back


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
    medians[some] = np.where(low == high, low, (low + high) / 2.0)
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
    share = count / np.bincount(rows.owner, minlength=rows.n)[owner]
    return np.maximum(np.bincount(owner, weights=-share * np.log(share), minlength=rows.n), 0.0)


OPS = {"median": _median, "mode": _mode, "num_unique": _num_unique, "entropy": _entropy}
