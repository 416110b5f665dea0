"""Expressions are sorted into what is looked up, aggregated and computed together."""

from __future__ import annotations

import math

import pytest

from automl.features.relational.compute.query_plan import moves, query_plan
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Condition,
    Direct,
    Expr,
    Hop,
    TableSchema,
    Transform,
)

CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category", "x": "number", "at": "date"}, time="at"),
        TableSchema(name="events", columns={"k": "category", "s": "category", "t": "date", "x": "number"}, time="t"),
        TableSchema(name="shops", columns={"s": "category", "size": "number"}),
    ),
    cutoff="at",
)
EVENTS = Hop(table="events", on=(("k", "k"),))
SHOPS = Hop(table="shops", on=(("s", "s"),))
X = Base(column="x")
SIZE = Direct(hop=SHOPS, of=Base(column="size"))
MEAN = Aggregation(op="mean", path=(EVENTS,), of=X)
COUNT = Aggregation(op="count", path=(EVENTS,))


def test_equal_parts_are_computed_once() -> None:
    """An expression and its operands share slots with all that ask for them."""
    plan = query_plan([MEAN, Transform(op="divide", of=(X, MEAN)), MEAN], CATALOG)
    assert plan.wanted[0] == plan.wanted[2]
    assert [column for _, column in plan.bases] == ["x"]
    (step,) = plan.steps
    assert step.of == (plan.bases[0][0], plan.wanted[0])
    assert len(plan.histories) == 1


def test_aggregations_of_the_same_rows_are_one_history() -> None:
    """Whatever their windows; another path or condition is another one. Counts ask for rows, means for values."""
    last = Aggregation(op="mean", path=(EVENTS,), of=X, window=5.0)
    some = Aggregation(op="count", path=(EVENTS,), where=Condition(column="s", value="a"))
    plan = query_plan([COUNT, MEAN, last, some], CATALOG)
    plain, conditional = plan.histories
    assert plain.table == "events"
    assert [item.op for item in plain.of_rows] == ["count"]
    assert [(item.op, item.window, item.value) for item in plain.of_values] == [("mean", None, 0), ("mean", 5.0, 0)]
    assert (conditional.where, conditional.of_values) == (some.where, ())


def test_what_moves_is_kept_apart() -> None:
    """Values that depend on the cutoff are computed for each row and cutoff, others once."""
    still = Aggregation(op="sum", path=(EVENTS,), of=SIZE)
    moving = Aggregation(op="sum", path=(EVENTS,), of=Transform(op="since", of=(Base(column="t"),)))
    assert [history.moving for history in query_plan([still, moving], CATALOG).histories] == [False, True]


def test_lookups_of_one_hop_are_one() -> None:
    """What no row gives is missing, but for counts and sums, which are 0."""
    visits = Aggregation(op="sum", path=(Hop(table="events", on=(("s", "s"),)),), of=X)
    plan = query_plan([SIZE, Direct(hop=SHOPS, of=visits)], CATALOG)
    (lookup,) = plan.lookups
    assert lookup.hop == SHOPS
    assert lookup.slots == plan.wanted
    assert math.isnan(lookup.defaults[0])
    assert lookup.defaults[1] == 0.0


@pytest.mark.parametrize(
    ("expr", "moving"),
    [
        (X, False),
        (SIZE, False),
        (Direct(hop=EVENTS, of=X), True),
        (COUNT, True),
        (Aggregation(op="count", path=(SHOPS,)), False),
        (Aggregation(op="max", path=(SHOPS,), of=COUNT), True),
        (Transform(op="since", of=(Base(column="t"),)), True),
        (Transform(op="absolute", of=(SIZE,)), False),
        (Transform(op="divide", of=(X, MEAN)), True),
    ],
)
def test_what_hangs_on_the_cutoff_moves(expr: Expr, moving: bool) -> None:  # a parameter
    """Rows of a table with a time, and ages; without a cutoff nothing does."""
    assert moves(expr, CATALOG) == moving
    assert not moves(expr, Catalog(tables=CATALOG.tables))
