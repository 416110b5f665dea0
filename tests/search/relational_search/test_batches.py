"""Proposed features in batches."""

from __future__ import annotations

from automl.features.relational.definition import Aggregation, Base, Expr, Hop, RelationalFeature
from automl.search.relational_search.batches import batches, by_promise, is_dear

LOG = (Hop(table="log", on=(("k", "k"),)),)
ADS = (Hop(table="ads", on=(("k", "k"),)),)
X = Base(column="x")


def feature(name: str, expr: Expr) -> RelationalFeature:
    return RelationalFeature(name=name, expr=expr, wire="number")


FEATURES = (
    feature("max log", Aggregation(op="max", path=LOG, of=X)),
    feature("last log", Aggregation(op="last", path=LOG, of=X)),
    feature("median log", Aggregation(op="median", path=LOG, of=X)),
    feature("count ads", Aggregation(op="count", path=ADS)),
    feature("max ads", Aggregation(op="max", path=ADS, of=X)),
    feature("min ads", Aggregation(op="min", path=ADS, of=X)),
)


def test_the_simple_go_first_and_the_dear_apart() -> None:
    """The latest value and the count are simple; the others go by their way, order statistics on their own."""
    simple, others = batches(FEATURES)
    assert simple.names == ("last log", "count ads")
    assert [batch.names for batch in others] == [("max log",), ("median log",), ("max ads", "min ads")]


def test_what_looks_at_each_row_is_dear() -> None:
    """A median, and a mean of means; a mean of values is not."""
    inner = Aggregation(op="mean", path=ADS, of=X)
    exprs = (Aggregation(op=op, path=LOG, of=of) for op, of in (("median", X), ("mean", inner), ("mean", X)))
    assert [is_dear(expr) for expr in exprs] == [True, True, False]


def test_a_way_whose_simple_features_weigh_is_tried_first() -> None:
    """The count of the ads tells most, so their other features come before those of the log."""
    simple, others = batches(FEATURES)
    ordered = by_promise(others, {"count ads": 0.8, "last log": 0.1}, simple)
    assert [batch.names for batch in ordered] == [("max ads", "min ads"), ("max log",), ("median log",)]
