"""Computes a plan of relational features: each table is sorted once, and what does not move is computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.relational.compute import aggregations
from automl.features.relational.compute.order_statistics import expand, parts
from automl.features.relational.compute.query_plan import History, Lookup, QueryPlan, ValueAggregation
from automl.features.relational.compute.range_aggregates import Floats, Ints, Ranges
from automl.features.relational.compute.transform import transform
from automl.features.relational.compute.view import Keys, View, build, keys_here
from automl.features.relational.definition import AggregationOp, Catalog, Condition, Hop

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Path = tuple[Hop, ...]
Asked = tuple[AggregationOp, int]  # of which value of a plan
PAIRS = 1_000_000  # of a row and a cutoff whose values are computed at once


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers with NaN, or codes into the sorted texts of `levels`, NaN for ``""``."""

    data: Floats
    levels: pl.Series | None = None

    @classmethod
    def of(cls, series: pl.Series) -> Values:
        """A column in wire types."""
        if series.dtype != pl.String:
            return cls(series.to_numpy())
        levels = series.unique().sort()
        levels = levels.filter(levels != "")
        codes = series.cast(pl.Enum(levels), strict=False).to_physical()
        return cls(codes.cast(pl.Float64).fill_null(np.nan).to_numpy(), levels)

    def series(self, name: str) -> pl.Series:
        """The column in wire types."""
        if self.levels is None:
            return pl.Series(name, self.data)
        codes = pl.Series(self.data, nan_to_null=True).cast(pl.UInt32)
        return self.levels.gather(codes).fill_null("").alias(name)

    def are(self, value: str | float) -> NDArray[np.bool_]:
        """Where the value is exactly this one."""
        at = value if self.levels is None else self.levels.index_of(value)
        same: NDArray[np.bool_] = np.equal(self.data, math.nan if at is None else at)
        return same


class Place(Protocol):
    """The rows that values are wanted for, each with its `cutoff` (inf: all is known, NaN: nothing is)."""

    @property
    def cutoff(self) -> Floats: ...

    def column(self, name: str) -> Values:
        """A column of the rows."""

    def key(self, path: Path) -> Ints:
        """For each row the number of its key in the view of `path`, -1 for none."""


@dataclass(frozen=True, slots=True)
class QueryEngine:
    """`frames` are the tables in wire types. Views and whole columns are made when first asked for, and kept."""

    catalog: Catalog
    frames: Mapping[str, pl.DataFrame]
    columns: dict[tuple[str, str], Values] = field(default_factory=dict)
    row_keys: dict[tuple[str, Path], Ints] = field(default_factory=dict)
    views: dict[Path, tuple[Keys, View]] = field(default_factory=dict)
    key_numbers: dict[Path, Mapping[Hashable, int]] = field(default_factory=dict)
    conditional: dict[tuple[Path, Condition], View] = field(default_factory=dict)
    leaves: dict[History, list[Values]] = field(default_factory=dict)

    def compute(self, plan: QueryPlan, place: Place) -> list[Values]:
        """The values of the plan's expressions at each row of `place`."""
        slots: dict[int, Values] = {}
        for slot, column in plan.bases:
            slots[slot] = place.column(column)
        for lookup in plan.lookups:
            self._look_up(lookup, place, slots)
        for history in plan.histories:
            self.aggregate(history, place, slots)
        for step in plan.steps:
            of = tuple(slots[i].data for i in step.of)
            slots[step.slot] = Values(transform(step.op, of, place.cutoff, self.catalog.timezone))
        return [slots[slot] for slot in plan.wanted]

    def column(self, table: str, name: str) -> Values:
        """A whole column of a table."""
        return _kept(self.columns, (table, name), lambda: Values.of(self.frames[table][name]))

    def keys(self, path: Path) -> Keys:
        """The keys of the view of `path`."""
        return self._built(path)[0]

    def numbers(self, path: Path) -> Mapping[Hashable, int]:
        """The number of each key in the view of `path`."""
        return _kept(self.key_numbers, path, lambda: self.keys(path).numbers())

    def key(self, table: str, path: Path) -> Ints:
        """For each row of `table` its key in the view of `path`."""
        columns = keys_here(path[0], self.frames[table], self.catalog)
        return _kept(self.row_keys, (table, path), lambda: self.keys(path).of(columns))

    def _built(self, path: Path) -> tuple[Keys, View]:
        return _kept(self.views, path, lambda: build(path, self.frames, self.catalog))

    def view(self, path: Path, where: Condition | None = None) -> View:
        """The rows that `path` leads to, by key; of these the ones that fulfil `where`."""
        view = self._built(path)[1]
        if where is None:
            return view
        table = path[-1].table
        return _kept(
            self.conditional,
            (path, where),
            lambda: view.only(self.column(table, where.column).are(where.value)[view.rows]),
        )

    def _look_up(self, lookup: Lookup, place: Place, slots: dict[int, Values]) -> None:
        path = (lookup.hop,)
        view, key = self.view(path), place.key(path)
        ranges = view.ranges(key, place.cutoff, (None,))[0]
        known = np.flatnonzero(ranges.length)
        there = _Rows(self, lookup.hop.table, view.rows[ranges.end[known] - 1], place.cutoff[known])
        for slot, default, values in zip(lookup.slots, lookup.defaults, self.compute(lookup.plan, there), strict=True):
            data = np.full(len(key), default)
            data[known] = values.data
            slots[slot] = Values(data, values.levels)

    def at(self, table: str, rows: Ints, plan: QueryPlan) -> list[Values]:
        """The values of `plan` at these rows of a table, where all is known."""
        return self.compute(plan, _Rows(self, table, rows, np.full(len(rows), np.inf)))

    def aggregate(self, history: History, place: Place, slots: dict[int, Values]) -> None:
        """What a history gives at each row of `place`, into `slots`."""
        view, key, cutoff = self.view(history.path, history.where), place.key(history.path), place.cutoff
        at = slice(None)
        if len(key) == 1 and len(view.offsets) > 1:  # one row touches the rows of its key only
            view, at = view.slice(max(int(key[0]), 0))
            key = np.minimum(key, 0)
        order = _by_key_and_cutoff(key, cutoff)  # what lies together in memory is read together
        key, cutoff = key[order], cutoff[order]
        windows = tuple(dict.fromkeys(item.window for item in (*history.of_rows, *history.of_values)))
        ranges = dict(zip(windows, view.ranges(key, cutoff, windows), strict=True))
        for item in history.of_rows:
            data = aggregations.of_rows(item.op, ranges[item.window], view.time, cutoff)
            slots[item.slot] = Values(_back(data, order))
        for family in _families(history.of_values):
            within = tuple(dict.fromkeys(item.window for item in family))
            stacked = _stack([ranges[window] for window in within])
            if history.moving:
                folded = self._moving(history, _asked(family), view, stacked, np.tile(cutoff, len(within)))
            else:
                folded = self._still(history, _asked(family), view, stacked, at)
            for one in family:
                values = folded[one.op, one.value]
                part = values.data.reshape(len(within), -1)[within.index(one.window)]
                slots[one.slot] = Values(_back(part, order), values.levels)

    def _still(
        self, history: History, asked: list[Asked], view: View, ranges: Ranges, at: slice
    ) -> dict[Asked, Values]:
        leaves = self.in_order(history)
        folded = aggregations.of_values(asked, [leaf.data[at] for leaf in leaves], ranges, view.time)
        return {key: _values(key[0], data, leaves[key[1]]) for key, data in zip(asked, folded, strict=True)}

    def _moving(
        self, history: History, asked: list[Asked], view: View, ranges: Ranges, cutoff: Floats
    ) -> dict[Asked, Values]:
        """Each row at each cutoff has a value of its own: O(m) for m pairs of both, distinct (key, cutoff) once."""
        new = _new(ranges.start, ranges.end, cutoff)
        start, end, cutoff, which = ranges.start[new], ranges.end[new], cutoff[new], np.cumsum(new) - 1
        pieces: list[list[Values]] = []
        for part in parts(end - start, PAIRS) if len(cutoff) else [slice(0, 0)]:
            owner, row = expand(start[part], end[part])
            there = _Rows(self, history.table, view.rows[row], cutoff[part][owner])
            values = self.compute(history.plan, there)
            own = _whole((end - start)[part])
            folded = aggregations.of_values(asked, [value.data for value in values], own, view.time[row])
            pieces.append([_values(op, data, values[i]) for (op, i), data in zip(asked, folded, strict=True)])
        return {
            key: Values(np.concatenate([piece[i].data for piece in pieces])[which], pieces[0][i].levels)
            for i, key in enumerate(asked)
        }

    def in_order(self, history: History) -> list[Values]:
        """Its values, which do not move, for each row of the view."""

        def make() -> list[Values]:
            rows = self.view(history.path, history.where).rows
            return self.at(history.table, rows, history.plan)

        return _kept(self.leaves, history, make)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table, by position."""

    engine: QueryEngine
    table: str
    rows: Ints
    cutoff: Floats

    def column(self, name: str) -> Values:
        whole = self.engine.column(self.table, name)
        return Values(whole.data[self.rows], whole.levels)

    def key(self, path: Path) -> Ints:
        return self.engine.key(self.table, path)[self.rows]


def _kept(memory: dict[K, T], name: K, make: Callable[[], T]) -> T:
    """What is remembered of that name, made when it is first asked for."""
    if name not in memory:
        memory[name] = make()
    return memory[name]


def _families(items: Sequence[ValueAggregation]) -> list[list[ValueAggregation]]:
    """Aggregations that are folded together."""
    families: dict[str, list[ValueAggregation]] = {}
    for item in items:
        families.setdefault(aggregations.family(item.op), []).append(item)
    return list(families.values())


def _by_key_and_cutoff(key: Ints, cutoff: Floats) -> Ints:
    order = np.argsort(cutoff)
    return order[np.argsort(key[order], kind="stable")]


def _new(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where any of the columns differs from the row before; the first row does."""
    new = np.ones(len(columns[0]), dtype=np.bool_)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return new


def _back(data: Floats, order: Ints) -> Floats:
    """Sorted data in the order of the rows."""
    unsorted = np.empty_like(data)
    unsorted[order] = data
    return unsorted


def _asked(items: Sequence[ValueAggregation]) -> list[Asked]:
    return list(dict.fromkeys((item.op, item.value) for item in items))


def _values(op: str, data: Floats, of: Values) -> Values:
    return Values(data, of.levels if op in {"mode", "first", "last"} else None)


def _stack(ranges: Sequence[Ranges]) -> Ranges:
    if len(ranges) == 1:
        return ranges[0]
    return Ranges(
        offsets=ranges[0].offsets,
        segment=np.concatenate([r.segment for r in ranges]),
        start=np.concatenate([r.start for r in ranges]),
        end=np.concatenate([r.end for r in ranges]),
    )


def _whole(length: Ints) -> Ranges:
    """Ranges of these lengths, one after the other, each a segment of its own."""
    offsets = np.concatenate([[0], np.cumsum(length)])
    return Ranges(offsets=offsets, segment=np.arange(len(length)), start=offsets[:-1], end=offsets[1:])
