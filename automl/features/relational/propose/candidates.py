"""Features beyond what Featuretools proposes: windows, ages, own numbers against those of a group; and their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from automl.features.relational.definition import MAIN, Aggregation, Base, Direct, Expr, Hop, Transform, steps
from automl.features.relational.propose.table_graph import TableGraph
from automl.features.relational.propose.wording import DAY

WINDOWS = (30 * DAY, 90 * DAY, 7 * DAY, 365 * DAY)
IN_WINDOWS = ("count", "sum", "mean", "max", "num_unique", "percent_true")
WEIGHTS = {
    "last": 0.6,
    "time_since_last": 0.8,
    "count": 1.0,
    "mean": 1.2,
    "sum": 1.6,
    "max": 2.0,
    "median": 2.2,
    "std": 2.2,
    "time_since_first": 2.2,
    "percent_true": 1.6,
    "num_unique": 2.0,
    "avg_time_between": 2.4,
    "min": 2.4,
    "mode": 2.6,
    "trend": 2.8,
    "first": 3.2,
    "entropy": 3.2,
    "skew": 3.8,
}
SIMPLE = ("count", "sum", "mean", "last", "time_since_last", "time_since_first")
OTHER = 1.0  # a transform
CONDITION, WINDOW, MATCH = 1.5, 1.2, 0.8  # a match: one more column that has to agree
DEEPER = 2.5
LOOKUPS = 3  # lookups one after the other, at most


def ranked(exprs: Iterable[Expr]) -> Iterator[Expr]:
    """Each once, the simple before the complex, the ways through the tables by turns."""
    ways: dict[object, list[Expr]] = {}
    for expr in dict.fromkeys(exprs):
        ways.setdefault(frozenset((here, replace(hop, same=())) for here, hop in steps(expr)), []).append(expr)
    turns = [
        (place + weight(expr), turn, expr)
        for turn, of_way in enumerate(ways.values())
        for place, expr in enumerate(sorted(of_way, key=weight))
    ]
    yield from (expr for _, _, expr in sorted(turns, key=lambda turn: turn[:2]))


def weight(expr: Expr) -> float:
    """How complex `expr` is."""
    match expr:
        case Base():
            return 0.0
        case Direct():
            return 0.2 + weight(expr.of)
        case Aggregation():
            own = WEIGHTS[expr.op] + CONDITION * (expr.where is not None) + WINDOW * (expr.window is not None)
            inner = 0.0 if expr.of is None else weight(expr.of)
            own += MATCH * sum(len(hop.same) for hop in expr.path)
            return own + (DEEPER + inner if inner else 0.0) + DEEPER * (len(expr.path) - 1)
        case Transform():
            return OTHER + sum(weight(of) for of in expr.of)


def is_simple(expr: Expr) -> bool:
    """Whether `expr` is cheap and mostly right first: what is looked up, and what a history was and is of late."""
    match expr:
        case Base():
            return True
        case Direct():
            return is_simple(expr.of)
        case Transform():
            return expr.op == "since"
        case Aggregation():
            plain = expr.where is None and isinstance(expr.of, Base | None)
            return plain and expr.op in SIMPLE and len(expr.path) == 1


def windowed(exprs: Sequence[Expr], graph: TableGraph) -> Iterator[Expr]:
    """Plain aggregations of tables with a time, over the last days, too; what happened per day against the past."""
    if graph.catalog.cutoff is None:
        return
    for expr in exprs:
        outer, inner = (expr.hop, expr.of) if isinstance(expr, Direct) else (None, expr)
        if not isinstance(inner, Aggregation) or inner.op not in IN_WINDOWS or inner.where or inner.window:
            continue
        if not isinstance(inner.of, Base | None) or graph.catalog.table(inner.path[-1].table).time is None:
            continue
        for window in WINDOWS:
            late = replace(inner, window=window)
            yield late if outer is None else Direct(hop=outer, of=late)


def since(graph: TableGraph) -> Iterator[Expr]:
    """The age of each date of a row that main looks up, or that a row looks up which main looks up."""
    if graph.catalog.cutoff is not None:
        yield from _ages(graph, MAIN, LOOKUPS)


def _ages(graph: TableGraph, node: str, most: int) -> Iterator[Expr]:
    tables = {one.name: one.table for one in graph.nodes}
    for link in graph.links if most else ():
        table = tables[link.parent]
        if link.child == node and table is not None:
            ages = (
                Transform(op="since", of=(Base(column=c),)) for c, kind in graph.kinds[table].items() if kind == "date"
            )
            for age in (*ages, *_ages(graph, link.parent, most - 1)):
                yield Direct(hop=Hop(table=table, on=link.on), of=age)


def compared(exprs: Sequence[Expr], graph: TableGraph) -> Iterator[Expr]:
    """Own numbers, and ratios of two, against the mean and the median of the same numbers in a group."""
    own = {c for c, kind in graph.kinds[MAIN].items() if kind == "number" and c not in graph.catalog.late}
    for expr in exprs:
        group = expr.of if isinstance(expr, Direct) else expr
        if not isinstance(group, Aggregation) or group.op not in {"mean", "median"} or group.where or not group.of:
            continue
        mine = group.of
        names = {of.column for of in (mine.of if isinstance(mine, Transform) else (mine,)) if isinstance(of, Base)}
        ratio = isinstance(mine, Transform) and mine.op == "divide"
        if names and names <= own and (isinstance(mine, Base) or ratio):
            yield Transform(op="divide", of=(mine, expr))
            yield Transform(op="subtract", of=(mine, expr))
