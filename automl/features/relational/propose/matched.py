"""Histories of what is like the row: past sales on the same weekday, what was booked for that day, the same product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import polars as pl

from automl.features.relational.compute.transform import date_part
from automl.features.relational.definition import MAIN, Aggregation, Base, DatePart, Expr, Hop, Same
from automl.features.relational.propose.table_graph import TableGraph

OF_DAY = frozenset({"sum", "count", "mean", "percent_true"})  # of what belongs to one day
OF_LEVEL = frozenset({"mean", "last", "percent_true"})  # of what comes again: a level, not how often it came
OF_KIND = frozenset({*OF_LEVEL, "count", "time_since_last"})
MOST_PAIRS = 3  # of columns of a table and of main that are matched in one way
LONG = 366  # days of history from which on a month comes again


@dataclass(frozen=True, slots=True)
class Matched:
    """A narrower hop, and what is worth knowing of the rows that it leads to."""

    hop: Hop
    ops: frozenset[str]


def matched(exprs: Sequence[Expr], graph: TableGraph, samples: Mapping[str, pl.DataFrame]) -> Iterator[Expr]:
    """The plain aggregations of `exprs` over histories of main, of those rows only that agree with the row in a thing.

    That is the day, the weekday, the hour or (of long histories) the month of a date of both, or a category of the same
    name. `samples` are rows of each table: what never differs in them matches nothing.
    """
    narrower: dict[Hop, list[Matched]] = {}
    for expr in exprs:
        if not isinstance(expr, Aggregation) or len(expr.path) > 1 or expr.where or expr.window:
            continue
        if not isinstance(expr.of, Base | None):
            continue
        (hop,) = expr.path
        if hop not in narrower:
            narrower[hop] = [*_by_date(hop, graph, samples), *_by_category(hop, graph)]
        for one in narrower[hop]:
            if expr.op in one.ops and not (expr.of and expr.of.column in _compared(one.hop)):
                yield replace(expr, path=(one.hop,))


def _compared(hop: Hop) -> set[str]:
    return {there for _, there in hop.columns}


def _by_date(hop: Hop, graph: TableGraph, samples: Mapping[str, pl.DataFrame]) -> Iterator[Matched]:
    for here, there in _dates(hop, graph):
        for part in get_args(DatePart):
            if _comes_again(part, here, there, hop, graph, samples):
                same = Same(part=part, here=here, there=there)
                yield Matched(replace(hop, same=(same,)), OF_DAY if part == "date" else OF_LEVEL)


def _dates(hop: Hop, graph: TableGraph) -> list[tuple[str, str]]:
    """A date of main with each of the history's, or with that of its name alone; the cutoff if main has no other."""
    catalog = graph.catalog
    dates = {name: [c for c, wire in catalog.table(name).columns.items() if wire == "date"] for name in catalog.names}
    own = [c for c in dates[MAIN] if c not in catalog.late]
    own = [c for c in own if c != catalog.cutoff] or own
    theirs = [c for c in dates[hop.table] if hop.table != MAIN or c in own]
    return [(here, there) for here in own for there in theirs if here == there or here not in theirs][:MOST_PAIRS]


def _comes_again(
    part: DatePart, here: str, there: str, hop: Hop, graph: TableGraph, samples: Mapping[str, pl.DataFrame]
) -> bool:
    """Whether the part differs among rows of both, and is one that a history can have twice."""
    days = samples[hop.table][there].drop_nans()
    if part == "month" and (days.is_empty() or days.max() - days.min() < LONG * 86_400e6):  # type: ignore[operator]  # numbers
        return False
    both = ((samples[MAIN], here), (samples[hop.table], there))
    parts = (date_part(part, frame[name].to_numpy(), graph.catalog.timezone) for frame, name in both)
    return all(pl.Series(values).drop_nans().n_unique() > 1 for values in parts)


def _by_category(hop: Hop, graph: TableGraph) -> Iterator[Matched]:
    own = graph.catalog.table(MAIN).columns
    keys = {name for pair in hop.on for name in pair}
    kinds = graph.kinds[hop.table]
    names = [c for c, kind in kinds.items() if kind == "category" and own.get(c) == "category"]
    for name in [c for c in names if c not in keys and c not in graph.catalog.late][:MOST_PAIRS]:
        yield Matched(replace(hop, same=(Same(part=None, here=name, there=name),)), OF_KIND)
