"""Computes a plan of relational features: each table is sorted once, and what does not move is computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np

from automl.features.relational.compute.query_plan import History, Lookup, QueryPlan
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.table import Keys, Table
from automl.features.relational.compute.transform import transform
from automl.features.relational.compute.values import Place, Values
from automl.features.relational.compute.view import View, build
from automl.features.relational.definition import Catalog, Condition, Hop

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Path = tuple[Hop, ...]


@dataclass(frozen=True, slots=True, eq=False)
class QueryEngine:
    """Computes from `tables`. Views and whole columns are made when first asked for, and kept."""

    catalog: Catalog
    tables: Mapping[str, Table]
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
        return _kept(self.columns, (table, name), lambda: self.tables[table].column(name))

    def keys(self, path: Path) -> Keys:
        """The keys of the view of `path`."""
        return self._built(path)[0]

    def numbers(self, path: Path) -> Mapping[Hashable, int]:
        """The number of each key in the view of `path`."""
        return _kept(self.key_numbers, path, lambda: self.keys(path).numbers())

    def key(self, table: str, path: Path) -> Ints:
        """For each row of `table` its key in the view of `path`."""
        here = self.tables[table]
        return _kept(self.row_keys, (table, path), lambda: self.keys(path).of(here.keys(path[0], self.catalog)))

    def _built(self, path: Path) -> tuple[Keys, View]:
        return _kept(self.views, path, lambda: build(path, self.tables, self.catalog))

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

    def at(self, table: str, rows: Ints, plan: QueryPlan, cutoff: Floats | None = None) -> list[Values]:
        """The values of `plan` at these rows of a table, each at its cutoff, else where all is known."""
        return self.compute(plan, _Rows(self, table, rows, np.full(len(rows), np.inf) if cutoff is None else cutoff))

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


class _Rows(NamedTuple):
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
