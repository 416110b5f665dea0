"""The rows that a path leads to, sorted by key and by the time they are known: where a history is looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl.features.relational.compute.ranges import Floats, Ints, Ranges, by_number
from automl.features.relational.compute.table import Keys, Table
from automl.features.relational.definition import Catalog, Hop

TOGETHER = 16_000  # searches that step at once: what is close in memory is fast


class View(NamedTuple):
    """Rows of the last table of a path: those of key `k` are at `offsets[k]` to `offsets[k + 1] - 1`.

    `time` [n] is when each is known (-inf: always), ascending within a key; `rows` [n] are positions in the table.
    """

    offsets: Ints
    time: Floats
    rows: Ints

    def ranges(self, key: Ints, cutoff: Floats, windows: Sequence[float | None]) -> list[Ranges]:
        """For each window, for each request: the rows of `key` (-1: of none) known in [cutoff - window, cutoff)."""
        offsets = self.offsets if len(self.offsets) > 1 else np.zeros(2, dtype=np.int64)
        there = np.maximum(key, 0)
        first, last = offsets[there], offsets[there + 1]
        last = np.where((key < 0) | np.isnan(cutoff), first, last)
        end = _lower_bound(self.time, first, last, cutoff)
        starts = [first if w is None else _lower_bound(self.time, first, end, cutoff - w) for w in windows]
        return [Ranges(offsets=offsets, segment=there, start=start, end=end) for start in starts]

    def only(self, keep: NDArray[np.bool_]) -> View:
        """The rows [n] to keep, with the same keys."""
        before = np.concatenate([[0], np.cumsum(keep)])
        return View(offsets=before[self.offsets], time=self.time[keep], rows=self.rows[keep])

    def slice(self, key: int) -> tuple[View, slice]:
        """The rows of one key as a view of its own, and where they are in this one."""
        at = slice(int(self.offsets[key]), int(self.offsets[key + 1]))
        return View(offsets=np.array([0, at.stop - at.start]), time=self.time[at], rows=self.rows[at]), at


def build(path: tuple[Hop, ...], tables: Mapping[str, Table], catalog: Catalog) -> tuple[Keys, View]:
    """Joins along `path` and sorts, by the order of rows in the last table where times are equal."""
    keys, key, row, known = tables[path[0].table].entered(path[0], catalog)
    table = path[0].table
    for hop in path[1:]:
        owner, met = tables[hop.table].met(hop, catalog, tables[table].keys(hop, catalog), row)
        then = np.maximum(known[owner], met.known)
        key, row, known = _taken(by_number(met.row), key[owner], met.row, then)
        table = hop.table
    if np.any(known[1:] < known[:-1]):
        key, row, known = _taken(np.argsort(known, kind="stable"), key, row, known)
    order = by_number(key)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=keys.size))])
    return keys, View(offsets=offsets, time=known[order], rows=row[order])


def _taken(order: Ints, key: Ints, row: Ints, known: Floats) -> tuple[Ints, Ints, Floats]:
    return key[order], row[order], known[order]


def _lower_bound(time: Floats, low: Ints, high: Ints, bound: Floats) -> Ints:
    """The first position in [low, high) whose time is at or after `bound`, `high` if none.

    Many searches step at once, by ever smaller powers of two: O(r log n), without a branch that a processor guesses.
    """
    if len(low) == 1:
        return low + np.searchsorted(time[low[0] : high[0]], bound)
    found = np.empty_like(low)
    for begin in range(0, len(low), TOGETHER):
        at = slice(begin, begin + TOGETHER)
        found[at] = _steps(time, low[at], high[at], bound[at])
    return found


def _steps(time: Floats, low: Ints, high: Ints, bound: Floats) -> Ints:
    low = low.copy()
    for power in reversed(range(int((high - low).max(initial=0)).bit_length())):
        there = low + (1 << power)
        before = (there <= high) & (time[np.minimum(there, high) - 1] < bound)
        low += before.astype(np.int64) << power
    return low
