"""Says what a relational feature's values are, and refuses one that makes no sense or would tell the future."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import get_args

from automl.data.read.column_reader import Wire
from automl.features.relational.definition import (
    MAIN,
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Definitions,
    Direct,
    Expr,
    Hop,
    TableSchema,
    Transform,
    TransformOp,
)

NUMERIC: frozenset[Wire] = frozenset({"number", "flag"})
WORDS: frozenset[Wire] = frozenset({"category", "text"})
WITHOUT_VALUES = frozenset({"count", "time_since_first", "time_since_last", "avg_time_between"})
OF_TIMES = frozenset({"trend", "time_since_first", "time_since_last", "avg_time_between"})
OF_NUMBERS = frozenset({"sum", "mean", "min", "max", "std", "skew", "median", "trend"})
DATE_PARTS = frozenset({"year", "month", "day", "weekday", "hour", "minute", "since"})
OPERANDS = {"add": 2, "subtract": 2, "divide": 2}
DEEPEST = 12  # levels of an expression


def check(definitions: Definitions) -> None:
    """ValueError with one sentence for what cannot be computed, or would show what is not known yet."""
    check_catalog(definitions.catalog)
    names = [feature.name for feature in definitions.features]
    _unique("feature", names)
    for feature in definitions.features:
        wire = wire_of(feature.expr, definitions.catalog)
        if wire != feature.wire:
            raise ValueError(f"feature {feature.name!r} is said to be {feature.wire}, but is {wire}")


def check_catalog(catalog: Catalog) -> None:
    """ValueError for tables and relations that do not fit together; relations must not form a circle."""
    _unique("table", catalog.names)
    if MAIN not in catalog.names:
        raise ValueError("there is no table 'main'")
    for table in catalog.tables:
        if table.time is not None and _wire(table, table.time) != "date":
            raise ValueError(f"the time {table.time!r} of table {table.name!r} is no date")
    for relation in catalog.relations:
        _check_keys(_table(catalog, relation.child), _table(catalog, relation.parent), relation.on)
    if catalog.cutoff is not None and _wire(catalog.table(MAIN), catalog.cutoff) != "date":
        raise ValueError(f"the cutoff {catalog.cutoff!r} is no date")
    if catalog.horizon is not None and not 0 <= catalog.horizon < math.inf:
        raise ValueError("the horizon is no length of time")
    _check_circles(catalog)


def wire_of(expr: Expr, catalog: Catalog) -> Wire:
    """What a row of main gets from `expr`; ValueError for what cannot be computed."""
    return _wire_at(expr, catalog, MAIN, None, DEEPEST)


def _wire_at(expr: Expr, catalog: Catalog, name: str, delay: float | None, depth: int) -> Wire:
    """`delay` is None at the row to be scored itself, else how late rows of table `name` are known."""
    if depth == 0:
        raise ValueError("an expression is nested too deep")
    match expr:
        case Base():
            _check_known(catalog, name, expr.column, delay)
            return _wire(catalog.table(name), expr.column)
        case Direct():
            _check_hop(catalog, name, delay, expr.hop)
            return _wire_at(expr.of, catalog, expr.hop.table, expr.hop.delay, depth - 1)
        case Aggregation():
            return _aggregated(expr, catalog, name, delay, depth)
        case Transform():
            return _transformed(expr, [_wire_at(of, catalog, name, delay, depth - 1) for of in expr.of])


def _aggregated(expr: Aggregation, catalog: Catalog, name: str, delay: float | None, depth: int) -> Wire:
    if expr.op not in get_args(AggregationOp) or not expr.path:
        raise ValueError(f"there is no aggregation {expr.op!r}")
    for hop in expr.path:
        _check_hop(catalog, name, delay, hop)
        name, delay = hop.table, hop.delay
    if expr.where is not None:
        _check_known(catalog, name, expr.where.column, delay)
        if isinstance(expr.where.value, str) != (_wire(catalog.table(name), expr.where.column) in WORDS):
            raise ValueError(f"the condition on {expr.where.column!r} compares texts with numbers")
    _check_times(expr, catalog)
    if (expr.of is None) != (expr.op in WITHOUT_VALUES):
        raise ValueError(f"{expr.op} {'needs' if expr.of is None else 'takes no'} values")
    if expr.of is None:
        return "number"
    of = _wire_at(expr.of, catalog, name, delay, depth - 1)
    if expr.op in {"mode", "first", "last"}:
        return of
    if (expr.op in OF_NUMBERS and of not in NUMERIC) or (expr.op == "percent_true" and of != "flag"):
        raise ValueError(f"{expr.op} of values that are {of}")
    return "number"


def _check_times(expr: Aggregation, catalog: Catalog) -> None:
    timed = any(catalog.table(hop.table).time is not None for hop in expr.path)
    if (expr.window is not None or expr.op in OF_TIMES) and not timed:
        raise ValueError(f"{expr.op} asks for times, but table {expr.path[-1].table!r} has none")
    if expr.window is not None and not 0 < expr.window < math.inf:
        raise ValueError("a window is no length of time")


def _transformed(expr: Transform, of: list[Wire]) -> Wire:
    if expr.op not in get_args(TransformOp) or len(of) != OPERANDS.get(expr.op, 1):
        raise ValueError(f"there is no transform {expr.op!r} of {len(of)}")
    wanted: frozenset[Wire] = frozenset({"date"}) if expr.op in DATE_PARTS else NUMERIC
    if not wanted.issuperset(of):
        raise ValueError(f"{expr.op} of values that are {', '.join(of)}")
    return "number"


def _check_hop(catalog: Catalog, name: str, delay: float | None, hop: Hop) -> None:
    there = _table(catalog, hop.table)
    _check_keys(catalog.table(name), there, hop.on)
    if not 0 <= hop.delay < math.inf:
        raise ValueError(f"the delay of table {hop.table!r} is no length of time")
    if hop.table == MAIN and (there.time is None or catalog.cutoff is None):
        raise ValueError("past rows of main are known by its time and its cutoff, and one is missing")
    for one in hop.same:
        wires = {_wire(catalog.table(name), one.here), _wire(there, one.there)}
        if one.part is not None and wires != {"date"}:
            raise ValueError(f"the {one.part} of {one.here!r} and {one.there!r} is asked for, and they are no dates")
        if one.part is None and len(wires) > 1:
            raise ValueError(f"{one.here!r} of {name!r} and {one.there!r} of {hop.table!r} are read differently")
    for here, column in hop.columns:
        _check_known(catalog, name, here, delay)
        _check_known(catalog, hop.table, column, hop.delay)


def _check_keys(here: TableSchema, there: TableSchema, on: Iterable[tuple[str, str]]) -> None:
    on = tuple(on)
    if not on:
        raise ValueError(f"tables {here.name!r} and {there.name!r} share no key")
    for left, right in on:
        wires = {_wire(here, left), _wire(there, right)}
        if len(wires) > 1 and not wires <= WORDS:
            raise ValueError(f"key {left!r} of {here.name!r} and {right!r} of {there.name!r} are read differently")


def _check_known(catalog: Catalog, name: str, column: str, delay: float | None) -> None:
    """What comes late is no feature of its own row, and of past rows only after the horizon."""
    if name != MAIN or column not in catalog.late:
        return
    if delay is None:
        raise ValueError(f"{column!r} is not known when a row is scored")
    if catalog.horizon is None or delay < catalog.horizon:
        raise ValueError(f"{column!r} of past rows is known only after the horizon")


def _check_circles(catalog: Catalog) -> None:
    parents = {name: [r.parent for r in catalog.relations if r.child == name] for name in catalog.names}
    for start in catalog.names:
        reached, waiting = set[str](), list(parents[start])
        while waiting:
            name = waiting.pop()
            if name == start:
                raise ValueError(f"table {start!r} hangs on itself: relations must not form a circle")
            if name not in reached:
                reached.add(name)
                waiting += parents[name]


def _table(catalog: Catalog, name: str) -> TableSchema:
    if name not in catalog.names:
        raise ValueError(f"there is no table {name!r}")
    return catalog.table(name)


def _wire(table: TableSchema, column: str) -> Wire:
    if column not in table.columns:
        raise ValueError(f"table {table.name!r} has no column {column!r}")
    return table.columns[column]


def _unique(kind: str, names: Iterable[str]) -> None:
    seen = set[str]()
    for name in names:
        if name in seen:
            raise ValueError(f"two {kind}s are called {name!r}")
        seen.add(name)
