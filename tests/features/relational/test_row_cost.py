"""What a feature is said to cost is its part of the work that one row is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import polars as pl
import pytest

from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Definitions,
    Direct,
    Expr,
    Hop,
    RelationalFeature,
    Transform,
)
from automl.features.relational.row_cost import row_costs
from automl.features.relational.row_store import RowStore

EVENTS = Hop(table="events", on=(("k", "k"),))
ROWS = 500


def of_events(op: AggregationOp, window: float | None = None) -> Aggregation:
    return Aggregation(op=op, path=(EVENTS,), of=None if op == "count" else Base(column="x"), window=window)


WINDOWS = tuple(float(window) for window in range(100, 500, 20))
SETS: dict[str, tuple[Expr, ...]] = {
    "counts": tuple(of_events("count", window) for window in WINDOWS),
    "means": tuple(of_events("mean", window) for window in WINDOWS),
    "spreads": tuple(of_events("std", window) for window in WINDOWS),
    "all": tuple(of_events(op, window) for window in WINDOWS for op in ("count", "mean", "sum", "std", "trend")),
}


def asked(catalog: Catalog, exprs: tuple[Expr, ...]) -> Definitions:
    features = [RelationalFeature(name=str(i), expr=expr, wire="number") for i, expr in enumerate(exprs)]
    return Definitions(catalog=catalog, features=tuple(features))


def total(catalog: Catalog, *exprs: Expr, rows: float = ROWS) -> float:
    return sum(row_costs(asked(catalog, exprs), lambda _path: rows).values())


def counted(call: Callable[[], object]) -> int:
    """How many lines of Python the call runs."""
    lines = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Callable[..., object]:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def test_the_costs_follow_the_counted_work(catalog: Catalog) -> None:
    """Of sets of features, however dear: microseconds to lines run are as one to another within a factor of 3."""
    n = [float(i) for i in range(ROWS)]
    events = pl.DataFrame({"k": ["a"] * ROWS, "s": [""] * ROWS, "t": n, "x": n, "c": [""] * ROWS})
    ratios = []
    for exprs in SETS.values():
        store = RowStore.of(asked(catalog, exprs), {"events": events})
        store.features({"k": "a", "at": ROWS - 1.5})
        lines = counted(lambda store=store: store.features({"k": "a", "at": ROWS + 1.5}))  # type: ignore[misc]
        ratios.append(total(catalog, *exprs) / lines)
    assert max(ratios) < 3 * min(ratios)


def test_shared_work_is_counted_once(catalog: Catalog) -> None:
    """A second operation of a fold is nearly free, another window is not; a feature asked for twice costs once."""
    mean, late = of_events("mean"), of_events("mean", 7.0)
    one = total(catalog, mean)
    assert total(catalog, mean, mean) == pytest.approx(one)
    assert total(catalog, mean, of_events("sum")) == pytest.approx(one)
    assert one * 1.5 < total(catalog, mean, late) < one * 2


def test_operands_are_part_of_what_is_made_of_them(catalog: Catalog) -> None:
    """A ratio alone pays for its mean; beside the mean they share it."""
    mean = of_events("mean")
    ratio = Transform(op="divide", of=(Base(column="x"), mean))
    costs = row_costs(asked(catalog, (ratio, mean)), lambda _path: ROWS)
    assert costs["0"] > costs["1"] > 0
    assert sum(costs.values()) == pytest.approx(total(catalog, ratio))


def test_longer_histories_and_moving_values_cost_more(catalog: Catalog) -> None:
    """The logarithm of the rows where blocks are merged, every row where values depend on the cutoff."""
    std = of_events("std")
    assert 1 < total(catalog, std, rows=10_000) / total(catalog, std, rows=100) < 3
    moving = replace(std, of=Transform(op="since", of=(Base(column="t"),)))
    assert total(catalog, moving) > 3 * total(catalog, std)
    assert total(catalog, moving, rows=10_000) > 5 * total(catalog, moving, rows=100)
    here = Direct(hop=Hop(table="shops", on=(("k", "s"),)), of=Base(column="size"))
    assert 0 < total(catalog, here) < total(catalog, std)
