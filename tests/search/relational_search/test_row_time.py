"""What a feature takes of a row's time is a price, and a limit on the latency is kept."""

from __future__ import annotations

import math

import pytest

from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Definitions,
    Hop,
    RelationalFeature,
    TableSchema,
)
from automl.search.relational_search.row_time import OF_LIMIT, RowTime, worth
from automl.spec.limits import Limits

EVENTS = Hop(table="events", on=(("k", "k"),))
CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category", "at": "date"}, time="at"),
        TableSchema(name="events", columns={"k": "category", "t": "date", "x": "number"}, time="t"),
    ),
    cutoff="at",
)
OPS: tuple[AggregationOp, ...] = ("mean", "std", "median", "trend")


def row_time(**limits: object) -> RowTime:
    """A count, and four aggregations in three windows each, over 1,000 rows of a key."""
    days = (None, 1e6, 1e7)
    exprs = {
        f"{op} {day}": Aggregation(op=op, path=(EVENTS,), of=Base(column="x"), window=day) for op in OPS for day in days
    }
    exprs["count"] = Aggregation(op="count", path=(EVENTS,))
    features = tuple(RelationalFeature(name=name, expr=expr, wire="number") for name, expr in exprs.items())
    proposed = Definitions(catalog=CATALOG, features=features)
    return RowTime.of(proposed, lambda _path: 1_000.0, Limits.model_validate(limits))


def test_the_strictest_limit_counts() -> None:
    """A share of it is for computed features; without a limit all of them fit."""
    assert row_time().most == math.inf
    assert row_time(latency_p50="1ms", latency_p99="0.4ms").most == pytest.approx(OF_LIMIT * 400.0)


def test_what_takes_longer_has_to_gain_more() -> None:
    """Nothing more costs nothing; a median costs more than a count, and its price paid back is the same."""
    time = row_time()
    assert time.price({"count"}, {"count"}) == 0.0
    assert 0.0 < time.price((), {"count"}) < time.price((), {"median None"})
    assert time.price({"count"}, ()) == pytest.approx(-time.price((), {"count"}))


def test_a_limit_is_kept_by_what_weighs_most_for_its_time() -> None:
    """Of features that do not all fit, the sum of the kept ones does; the weightiest cheap one is among them."""
    time = row_time(latency_p50="0.1ms")
    weight = dict.fromkeys(time.costs([f.name for f in time.proposed.features]), 1.0) | {"count": 5.0}
    kept = time.within(weight)
    assert "count" in kept
    assert 1 < len(kept) < len(weight)
    assert sum(time.costs(kept).values()) <= time.most
    assert row_time().within(weight) == set(weight)
    assert row_time(latency_p50="0.001ms").within(weight) == set()


def test_among_cheap_features_the_weight_decides() -> None:
    """A dear one has to weigh more than its neighbours."""
    assert worth(1.0, 0.5) > worth(0.9, 0.1)
    assert worth(1.0, 150.0) < worth(0.9, 0.1)
