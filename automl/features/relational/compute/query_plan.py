"""Sorts expressions into what is looked up, aggregated and computed together, so that work is shared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Condition,
    Direct,
    Expr,
    Hop,
    Transform,
    TransformOp,
)


class Lookup(NamedTuple):
    """Values of `plan` at the row that `hop` finds: value i goes to `slots[i]`, `defaults[i]` where there is none."""

    hop: Hop
    plan: QueryPlan
    slots: tuple[int, ...]
    defaults: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAggregation:
    """One aggregation of the rows of a history, such as their count, into `slot`."""

    slot: int
    op: AggregationOp
    window: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAggregation(RowAggregation):
    """One aggregation of value `value` of the plan of a history, into `slot`."""

    value: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Aggregations over the same rows. `moving`: the `values`, which `plan` computes, depend on the cutoff."""

    path: tuple[Hop, ...]
    where: Condition | None
    moving: bool
    values: tuple[Expr, ...]
    plan: QueryPlan
    of_rows: tuple[RowAggregation, ...]
    of_values: tuple[ValueAggregation, ...]

    @property
    def table(self) -> str:
        """Where the rows are."""
        return self.path[-1].table

    def only(self, items: Sequence[ValueAggregation], catalog: Catalog) -> History:
        """The same rows, with these aggregations of values alone."""
        used = list(dict.fromkeys(item.value for item in items))
        values = tuple(self.values[value] for value in used)
        of_values = tuple(replace(item, value=used.index(item.value)) for item in items)
        plan = query_plan(values, catalog)
        return replace(self, values=values, plan=plan, of_rows=(), of_values=of_values)


class TransformStep(NamedTuple):
    """A transform of slots into a slot."""

    slot: int
    op: TransformOp
    of: tuple[int, ...]


class QueryPlan(NamedTuple):
    """What to compute at one table: values by slot; `wanted[i]` is the slot of the i-th expression."""

    bases: tuple[tuple[int, str], ...]
    lookups: tuple[Lookup, ...]
    histories: tuple[History, ...]
    steps: tuple[TransformStep, ...]
    wanted: tuple[int, ...]


def query_plan(exprs: Sequence[Expr], catalog: Catalog) -> QueryPlan:
    """The plan of `exprs`, which all stand at one table; equal parts are computed once."""
    known: dict[Expr, int] = {}
    wanted = tuple(_add(known, expr) for expr in exprs)
    lookups: dict[Hop, list[Direct]] = {}
    histories: dict[tuple[tuple[Hop, ...], Condition | None, bool], list[Aggregation]] = {}
    for expr in known:
        if isinstance(expr, Direct):
            lookups.setdefault(expr.hop, []).append(expr)
        elif isinstance(expr, Aggregation):
            moving = expr.of is not None and moves(expr.of, catalog)
            histories.setdefault((expr.path, expr.where, moving), []).append(expr)
    return QueryPlan(
        bases=tuple((slot, expr.column) for expr, slot in known.items() if isinstance(expr, Base)),
        lookups=tuple(_lookup(hop, of, known, catalog) for hop, of in lookups.items()),
        histories=tuple(_history(*shared, of, known, catalog) for shared, of in histories.items()),
        steps=tuple(
            TransformStep(slot=slot, op=expr.op, of=tuple(known[of] for of in expr.of))
            for expr, slot in known.items()
            if isinstance(expr, Transform)
        ),
        wanted=wanted,
    )


def moves(expr: Expr, catalog: Catalog) -> bool:
    """Whether the value of `expr` at a row depends on the cutoff."""
    if catalog.cutoff is None:
        return False
    match expr:
        case Base():
            return False
        case Direct():
            return catalog.table(expr.hop.table).time is not None or moves(expr.of, catalog)
        case Aggregation():
            timed = any(catalog.table(hop.table).time is not None for hop in expr.path)
            return timed or (expr.of is not None and moves(expr.of, catalog))
        case Transform():
            return expr.op == "since" or any(moves(of, catalog) for of in expr.of)


def _add(slots: dict[Expr, int], expr: Expr) -> int:
    """The slot of an expression; each distinct one has its own, operands before what is made of them."""
    if expr not in slots:
        for operand in expr.of if isinstance(expr, Transform) else ():
            _add(slots, operand)
        slots[expr] = len(slots)
    return slots[expr]


def _lookup(hop: Hop, exprs: list[Direct], known: dict[Expr, int], catalog: Catalog) -> Lookup:
    return Lookup(
        hop=hop,
        plan=query_plan([expr.of for expr in exprs], catalog),
        slots=tuple(known[expr] for expr in exprs),
        defaults=tuple(_default(expr.of) for expr in exprs),
    )


def _default(expr: Expr) -> float:
    """What no row gives: there are none, and their sum is 0."""
    while isinstance(expr, Direct):
        expr = expr.of
    return 0.0 if isinstance(expr, Aggregation) and expr.op in {"count", "sum"} else math.nan


def _history(
    path: tuple[Hop, ...],
    where: Condition | None,
    moving: bool,
    exprs: list[Aggregation],
    known: dict[Expr, int],
    catalog: Catalog,
) -> History:
    values = {of: index for index, of in enumerate(dict.fromkeys(expr.of for expr in exprs if expr.of is not None))}
    return History(
        path=path,
        where=where,
        moving=moving,
        values=tuple(values),
        plan=query_plan(list(values), catalog),
        of_rows=tuple(RowAggregation(slot=known[e], op=e.op, window=e.window) for e in exprs if e.of is None),
        of_values=tuple(
            ValueAggregation(slot=known[e], op=e.op, window=e.window, value=values[e.of])
            for e in exprs
            if e.of is not None
        ),
    )
