"""Relational features are plain data that says what it needs."""

from __future__ import annotations

import pytest

from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Condition,
    Definitions,
    Direct,
    Expr,
    Hop,
    RelationalFeature,
    Transform,
    hops,
    steps,
)

EVENTS = Hop(table="events", on=(("k", "k"),))
SHOPS = Hop(table="shops", on=(("s", "s"),))
PAST = Hop(table="main", on=(("k", "k"),))
SIZE = Aggregation(op="max", path=(EVENTS,), of=Direct(hop=SHOPS, of=Base(column="size")))


def defined(catalog: Catalog, *exprs: Expr) -> Definitions:
    features = [RelationalFeature(name=str(i), expr=expr, wire="number") for i, expr in enumerate(exprs)]
    return Definitions(catalog=catalog, features=tuple(features))


@pytest.mark.parametrize(
    ("expr", "needs"),
    [
        (Base(column="x"), {"main": ("at", "x")}),
        (Aggregation(op="count", path=(EVENTS,)), {"main": ("k", "at"), "events": ("k", "t")}),
        (
            Aggregation(op="mean", path=(EVENTS,), of=Base(column="x"), where=Condition(column="c", value="red")),
            {"main": ("k", "at"), "events": ("k", "t", "x", "c")},
        ),
        (SIZE, {"main": ("k", "at"), "events": ("k", "s", "t"), "shops": ("s", "size")}),
        (
            Transform(op="divide", of=(Base(column="x"), Aggregation(op="mean", path=(PAST,), of=Base(column="y")))),
            {"main": ("k", "at", "x", "y")},
        ),
    ],
)
def test_a_feature_needs_its_keys_times_and_columns(catalog: Catalog, expr: Expr, needs: dict) -> None:
    """Of each table on its way, in the order of the catalog; of others nothing."""
    assert defined(catalog, expr).needs() == needs


def test_main_is_history_only_where_a_hop_leads_to_it(catalog: Catalog) -> None:
    """Its own past rows are a table then."""
    assert not defined(catalog, SIZE).history
    assert defined(catalog, SIZE, Direct(hop=PAST, of=Base(column="x"))).history


def test_steps_tell_where_each_hop_starts() -> None:
    """None is the row to be scored; a path goes from table to table."""
    expr = Transform(op="add", of=(SIZE, Aggregation(op="count", path=(EVENTS, SHOPS))))
    assert list(steps(expr)) == [(None, EVENTS), ("events", SHOPS), (None, EVENTS), ("events", SHOPS)]
    assert list(hops(Direct(hop=SHOPS, of=SIZE))) == [SHOPS, EVENTS, SHOPS]
    assert list(hops(Base(column="x"))) == []


def test_a_catalog_knows_its_tables_and_what_comes_late(catalog: Catalog) -> None:
    """The target and the outcomes of main are late."""
    assert catalog.names == ("main", "events", "shops")
    assert catalog.table("shops").columns["size"] == "number"
    assert catalog.late == {"y"}
    with pytest.raises(KeyError, match="planets"):
        catalog.table("planets")
