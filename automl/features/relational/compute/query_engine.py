"""Computes a plan of relational features: each table is sorted once, and what does not move is computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.relational.compute.query_plan import History, Lookup, QueryPlan
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.transform import transform
from automl.features.relational.compute.view import Keys, View, build, keys_here
from automl.features.relational.definition import Catalog, Condition, Hop

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Path = tuple[Hop, ...]


class Values(NamedTuple):
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


@dataclass(frozen=True, slots=True, eq=False)
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
        there = Rows(self, lookup.hop.table, view.rows[ranges.end[known] - 1], place.cutoff[known])
        for slot, default, values in zip(lookup.slots, lookup.defaults, self.compute(lookup.plan, there), strict=True):
            data = np.full(len(key), default)
            data[known] = values.data
            slots[slot] = Values(data, values.levels)

    def at(self, table: str, rows: Ints, plan: QueryPlan) -> list[Values]:
        """The values of `plan` at these rows of a table, where all is known."""
        return self.compute(plan, Rows(self, table, rows, np.full(len(rows), np.inf)))

    def aggregate(self, history: History, place: Place, slots: dict[int, Values]) -> None:
        """What a history gives at each row of `place`, into `slots`."""
        from automl.features.relational.compute.histories import aggregate  # a row that is scored alone seldom asks

        aggregate(self, history, place, slots)

    def in_order(self, history: History) -> list[Values]:
        """Its values, which do not move, for each row of the view."""

        def make() -> list[Values]:
            rows = self.view(history.path, history.where).rows
            return self.at(history.table, rows, history.plan)

        return _kept(self.leaves, history, make)


class Rows(NamedTuple):
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
