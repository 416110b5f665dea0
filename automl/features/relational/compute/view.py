"""The rows that a path leads to, sorted by key and by the time they are known: where a history is looked up."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.relational.compute.ranges import Floats, Ints, Ranges
from automl.features.relational.compute.transform import date_part
from automl.features.relational.definition import Catalog, DatePart, Hop

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


class Keys(NamedTuple):
    """The distinct keys of a table, numbered: columns `0`, `1`, ... and `key`."""

    frame: pl.DataFrame

    def of(self, columns: list[pl.Series]) -> Ints:
        """The number of each row's key, -1 where it is missing or unknown."""
        asked = pl.DataFrame([column.alias(str(i)) for i, column in enumerate(columns)])
        on = asked.columns
        return asked.join(self.frame, on=on, how="left", maintain_order="left")["key"].fill_null(-1).to_numpy()

    def numbers(self) -> dict[Hashable, int]:
        """The number of each key: of a single column by its value, of several by the tuple of them."""
        columns = [column.to_list() for column in self.frame.drop("key").iter_columns()]
        keys = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
        return dict(zip(keys, self.frame["key"].to_list(), strict=True))


def build(path: tuple[Hop, ...], frames: Mapping[str, pl.DataFrame], catalog: Catalog) -> tuple[Keys, View]:
    """Joins along `path` and sorts, by the order of rows in the last table where times are equal."""
    there = _entered(path[0], frames, catalog)
    on = [str(i) for i in range(len(path[0].columns))]
    keys = there.select(on).unique(maintain_order=True).with_columns(key=pl.int_range(pl.len(), dtype=pl.Int64))
    reached = there.join(keys, on=on, maintain_order="left").select("key", "row", "known")
    table = path[0].table
    for hop in path[1:]:
        here = [key[reached["row"]].alias(str(i)) for i, key in enumerate(keys_here(hop, frames[table], catalog))]
        step = _entered(hop, frames, catalog).rename({"row": "next", "known": "then"})
        joined = reached.select("key", "known").hstack(here).join(step, on=[column.name for column in here])
        reached = joined.select("key", row="next", known=pl.max_horizontal("known", "then")).sort("row")
        table = hop.table
    if not reached["known"].is_sorted():
        reached = reached.sort("known", maintain_order=True)
    reached = reached.sort("key", maintain_order=True)
    count = np.bincount(reached["key"].to_numpy(), minlength=keys.height)
    offsets = np.concatenate([[0], np.cumsum(count)])
    return Keys(keys), View(offsets=offsets, time=reached["known"].to_numpy(), rows=reached["row"].to_numpy())


def _entered(hop: Hop, frames: Mapping[str, pl.DataFrame], catalog: Catalog) -> pl.DataFrame:
    """The rows of the hop's table that have a key and a time: key columns `0`, `1`, ..., `row` and `known`."""
    time = catalog.table(hop.table).time
    known = pl.lit(-math.inf) if time is None else pl.col(time) + hop.delay
    keys = [key.alias(str(i)) for i, key in enumerate(_keys_there(hop, frames[hop.table], catalog))]
    frame = frames[hop.table].select(*keys, row=pl.int_range(pl.len(), dtype=pl.Int64), known=known)
    return frame.filter(pl.col("known").is_not_nan(), *map(_is_there, keys))


def keys_here(hop: Hop, frame: pl.DataFrame, catalog: Catalog) -> list[pl.Series]:
    """What rows of the table that `hop` starts from are found by, a column each."""
    return _keys(frame, [here for here, _ in hop.on], [(one.part, one.here) for one in hop.same], catalog)


def _keys_there(hop: Hop, frame: pl.DataFrame, catalog: Catalog) -> list[pl.Series]:
    return _keys(frame, [there for _, there in hop.on], [(one.part, one.there) for one in hop.same], catalog)


def _keys(
    frame: pl.DataFrame, on: Sequence[str], same: Sequence[tuple[DatePart | None, str]], catalog: Catalog
) -> list[pl.Series]:
    own = [
        frame[name] if part is None else pl.Series(date_part(part, frame[name].to_numpy(), catalog.timezone))
        for part, name in same
    ]
    return [*(frame[name] for name in on), *own]


def _is_there(key: pl.Series) -> pl.Series:
    return key != "" if key.dtype == pl.String else key.is_not_nan()


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
