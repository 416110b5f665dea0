"""Computes a plan at one row in plain numbers: there, calling numpy takes longer than what it computes."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from automl.features.relational.compute.folds import FOLDED
from automl.features.relational.compute.key_history import FOLDS, Asked, Cell, KeyCache, KeyHistory
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import (
    History,
    Lookup,
    QueryPlan,
    ValueAggregation,
    query_plan,
)
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.transform import SECOND, date_part_of_one, transform_one
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import AggregationOp, Condition, DatePart, Hop

Here = Mapping[str, Cell] | int  # the row to be scored, or the position of a row in a table
Get = Callable[[Any], Cell]  # of a `Here`
Reader = Callable[[str], Get]  # how a column is read where we stand
Slots = dict[int, Cell]
ENDS = ("first", "last")


class RowPlan(NamedTuple):
    """A plan made ready for the rows of one place."""

    plan: QueryPlan
    bases: Sequence[tuple[int, Get]]
    parts: Sequence[_Lookup | _History]
    timezone: str

    def values(self, here: Here, cutoff: float) -> list[Cell]:
        """The values of the plan's expressions at one row, to the bit those of `compute`; NaN for a missing text."""
        slots: Slots = {slot: get(here) for slot, get in self.bases}
        for part in self.parts:
            part.fill(slots, here, cutoff)
        for step in self.plan.steps:
            of = [float(slots[i]) for i in step.of]
            slots[step.slot] = transform_one(step.op, of, cutoff, self.timezone)
        return [slots[slot] for slot in self.plan.wanted]


class OneRow(NamedTuple):
    """What makes plans ready: the tables, and the histories of the keys that were asked for last."""

    engine: QueryEngine
    cache: KeyCache

    def ready(self, plan: QueryPlan, read: Reader) -> RowPlan:
        """`plan` for rows whose columns `read` reads; the tables that it needs are sorted now."""
        lookups = [self._lookup(lookup, read) for lookup in plan.lookups]
        histories = [self._history(history, read) for history in plan.histories]
        bases = [(slot, read(column)) for slot, column in plan.bases]
        return RowPlan(plan, bases, [*lookups, *histories], self.engine.catalog.timezone)

    def _at(self, table: str, plan: QueryPlan) -> RowPlan:
        def read(column: str) -> Get:
            texts = self.engine.tables[table].texts(column)
            return self.engine.column(table, column).data.data.__getitem__ if texts is None else texts.__getitem__

        return self.ready(plan, read)

    def _lookup(self, lookup: Lookup, read: Reader) -> _Lookup:
        rows = self._rows((lookup.hop,), None, read)
        return _Lookup(rows, self._at(lookup.hop.table, lookup.plan), lookup.slots, lookup.defaults)

    def _history(self, history: History, read: Reader) -> _History:
        inner = history.only([item for item in history.of_values if item.op not in ENDS], self.engine.catalog)
        moving = inner if history.moving and inner.of_values else None
        windows = dict.fromkeys(item.window for item in (*history.of_rows, *history.of_values))
        return _History(
            rows=self._rows(history.path, history.where, read),
            windows=[self._window(window, history, () if moving else inner.of_values) for window in windows],
            keys=self._keys(history, inner, still=not history.moving),
            moving=moving,
            engine=self.engine,
        )

    def _keys(self, name: History, history: History, *, still: bool) -> _Keys:
        rows = len(self.engine.view(history.path, history.where).rows)
        few = still and rows * len(history.values) <= self.cache.most
        in_order = self.engine.in_order(history) if few else None
        return _Keys(name, history, self.engine, self.cache, _folds(history.of_values), in_order)

    def _window(self, window: float | None, history: History, inner: Sequence[ValueAggregation]) -> _Window:
        ends = []
        for op in ENDS:
            if items := [item for item in history.of_values if (item.op, item.window) == (op, window)]:
                plan = query_plan([history.values[item.value] for item in items], self.engine.catalog)
                ends.append((op == "last", self._at(history.table, plan), [item.slot for item in items]))
        within = [item for item in inner if item.window == window]
        return _Window(
            window=window,
            of_rows=[(item.slot, item.op) for item in history.of_rows if item.window == window],
            ends=ends,
            moving=history.moving,
            asked=[(item.op, item.value) for item in within],
            slots=[item.slot for item in within],
        )

    def _rows(self, path: tuple[Hop, ...], where: Condition | None, read: Reader) -> _SortedRows:
        view = self.engine.view(path, where)
        gets = [read(here) for here, _ in path[0].on]
        gets += [_part(one.part, read(one.here), self.engine.catalog.timezone) for one in path[0].same]
        return _SortedRows(
            numbers=self.engine.numbers(path),
            gets=gets,
            offsets=view.offsets.data,
            time=view.time.data,
            rows=view.rows.data,
        )


def _part(part: DatePart | None, get: Get, timezone: str) -> Get:
    """How a part of a date is read, or all of a value."""
    return get if part is None else lambda here: date_part_of_one(part, float(get(here)), timezone)


class _SortedRows(NamedTuple):
    """A view as buffers, of which one element is had without an array around it."""

    numbers: Mapping[Hashable, int]
    gets: Sequence[Get]
    offsets: memoryview[Any]  # numpy calls every buffer one of int
    time: memoryview[Any]
    rows: memoryview[Any]

    def known(self, here: Here, cutoff: float) -> tuple[int, int, int]:
        """The number of the row's key, and between which positions its rows before the cutoff are."""
        own = tuple(get(here) for get in self.gets)
        key = self.numbers.get(own if len(own) > 1 else own[0], -1)
        if key < 0 or math.isnan(cutoff):
            return -1, 0, 0
        first = self.offsets[key]
        return key, first, bisect_left(self.time, cutoff, first, self.offsets[key + 1])


class _Lookup(NamedTuple):
    rows: _SortedRows
    plan: RowPlan
    slots: Sequence[int]
    defaults: Sequence[float]

    def fill(self, slots: Slots, here: Here, cutoff: float) -> None:
        _, first, end = self.rows.known(here, cutoff)
        found = self.plan.values(self.rows.rows[end - 1], cutoff) if first < end else self.defaults
        slots.update(zip(self.slots, found, strict=True))


class _Window(NamedTuple):
    """What is asked of the rows in one window: their number and times, their first and last values, and folds."""

    window: float | None
    of_rows: Sequence[tuple[int, AggregationOp]]
    ends: Sequence[tuple[bool, RowPlan, Sequence[int]]]
    moving: bool
    asked: Sequence[Asked]
    slots: Sequence[int]


class _History(NamedTuple):
    rows: _SortedRows
    windows: Sequence[_Window]
    keys: _Keys
    moving: History | None
    engine: QueryEngine

    def fill(self, slots: Slots, here: Here, cutoff: float) -> None:
        key, first, end = self.rows.known(here, cutoff)
        for window in self.windows:
            start = first
            if window.window is not None:
                start = bisect_left(self.rows.time, cutoff - window.window, first, end)
            for slot, op in window.of_rows:
                slots[slot] = _of_rows(op, self.rows.time, start, end, cutoff)
            for last, plan, of in window.ends:
                slots.update(dict.fromkeys(of, math.nan))
                if start < end:
                    at = self.rows.rows[end - 1 if last else start]
                    slots.update(zip(of, plan.values(at, cutoff if window.moving else math.inf), strict=True))
            if window.asked:
                found = self.keys.of(key).aggregated(window.asked, start - first, end - first)
                slots.update(zip(window.slots, found, strict=True))
        if self.moving is not None:
            self._move(self.moving, slots, key, cutoff)

    def _move(self, moving: History, slots: Slots, key: int, cutoff: float) -> None:
        """Values that depend on the cutoff are computed for each row of the history: that is numpy's."""
        computed: dict[int, Values] = {}
        self.engine.aggregate(moving, _At(np.array([cutoff]), np.array([key])), computed)
        for slot, values in computed.items():
            code = float(values.data[0])
            slots[slot] = code if values.levels is None or math.isnan(code) else str(values.levels[int(code)])


class _Keys(NamedTuple):
    """The histories of keys, as far as they are held: under the `name` that is the same when rows were added.

    `in_order` are the values of all keys, one after the other, where they are few enough to be held.
    """

    name: History
    history: History
    engine: QueryEngine
    cache: KeyCache
    folds: Mapping[str, Sequence[int]]
    in_order: Sequence[Values] | None

    def of(self, key: int) -> KeyHistory:
        """That of a key, of no rows for -1."""
        return self.cache.get((self.name, key), partial(self._made, key))

    def _made(self, key: int) -> KeyHistory:
        view = self.engine.view(self.history.path, self.history.where)
        at = slice(view.offsets[key], view.offsets[key + 1]) if key >= 0 else slice(0)
        if self.in_order is None:
            values = self.engine.at(self.history.table, view.rows[at], self.history.plan)
        else:
            values = [Values(of.data[at], of.levels) for of in self.in_order]
        return KeyHistory(view.time[at], values, self.folds)


class _At(NamedTuple):
    """A row of which the key in a view is known."""

    cutoff: Floats
    number: Ints

    def column(self, name: str) -> Values:
        raise KeyError(name)

    def key(self, _path: tuple[Hop, ...]) -> Ints:
        return self.number


def _folds(items: Sequence[ValueAggregation]) -> dict[str, list[int]]:
    """The values of each fold that is made of blocks."""
    pairs = {(FOLDED.get(item.op, ""), item.value): None for item in items}
    return {fold: [value for name, value in pairs if name == fold] for fold, _ in pairs if fold in FOLDS}


def _of_rows(op: AggregationOp, time: memoryview[Any], start: int, end: int, cutoff: float) -> float:
    """As `aggregations.of_rows`."""
    count = end - start
    if op == "count":
        return float(count)
    if op == "avg_time_between":
        return (time[end - 1] - time[start]) / (count - 1) / SECOND if count > 1 else math.nan
    if not count:
        return math.nan
    since = (cutoff - time[start if op == "time_since_first" else end - 1]) / SECOND
    return since if math.isfinite(since) else math.nan
