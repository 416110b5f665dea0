"""A feature that makes no sense, or would tell the future, is refused in one sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from automl.features.relational.check import DEEPEST, check, check_catalog, wire_of
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Condition,
    Definitions,
    Direct,
    Expr,
    Hop,
    Relation,
    RelationalFeature,
    Same,
    TableSchema,
    Transform,
)

EVENTS = Hop(table="events", on=(("k", "k"),))
SHOPS = Hop(table="shops", on=(("s", "s"),))
PAST = Hop(table="main", on=(("k", "k"),))
LATE = replace(PAST, delay=5.0)
X, Y, T = Base(column="x"), Base(column="y"), Base(column="t")


@pytest.mark.parametrize(
    ("expr", "wire"),
    [
        (X, "number"),
        (Aggregation(op="count", path=(EVENTS,)), "number"),
        (Aggregation(op="mode", path=(EVENTS,), of=Base(column="c")), "category"),
        (Aggregation(op="last", path=(EVENTS,), of=T), "date"),
        (Aggregation(op="num_unique", path=(EVENTS,), of=Base(column="c")), "number"),
        (Aggregation(op="percent_true", path=(EVENTS,), of=Direct(hop=SHOPS, of=Base(column="open"))), "number"),
        (Aggregation(op="mean", path=(LATE,), of=Y, window=3.0), "number"),
        (Transform(op="since", of=(Aggregation(op="last", path=(EVENTS,), of=T),)), "number"),
        (Transform(op="divide", of=(X, Aggregation(op="mean", path=(EVENTS,), of=X))), "number"),
    ],
)
def test_a_feature_has_the_type_of_its_values(catalog: Catalog, expr: Expr, wire: str) -> None:
    """First, last and mode keep that of what they are of; everything else is a number."""
    assert wire_of(expr, catalog) == wire


@pytest.mark.parametrize(
    ("expr", "told"),
    [
        (Y, "'y' is not known when a row is scored"),
        (Aggregation(op="mean", path=(PAST,), of=Y), "known only after the horizon"),
        (Aggregation(op="count", path=(PAST,), where=Condition(column="y", value=1.0)), "only after the horizon"),
        (Base(column="z"), "table 'main' has no column 'z'"),
        (Aggregation(op="mean", path=(EVENTS,), of=Base(column="c")), "mean of values that are category"),
        (Aggregation(op="percent_true", path=(EVENTS,), of=X), "percent_true of values that are number"),
        (Aggregation(op="mean", path=(EVENTS,)), "mean needs values"),
        (Aggregation(op="count", path=(EVENTS,), of=X), "count takes no values"),
        (Aggregation(op="count", path=()), "there is no aggregation 'count'"),
        (Aggregation(op="sudo", path=(EVENTS,), of=X), "there is no aggregation 'sudo'"),
        (Aggregation(op="trend", path=(SHOPS,), of=X), "table 'main' has no column 's'"),
        (Aggregation(op="count", path=(EVENTS,), window=0.0), "a window is no length of time"),
        (
            Aggregation(op="count", path=(EVENTS,), where=Condition(column="c", value=1.0)),
            "compares texts with numbers",
        ),
        (Aggregation(op="count", path=(Hop(table="planets", on=(("k", "k"),)),)), "there is no table 'planets'"),
        (Aggregation(op="count", path=(Hop(table="events", on=()),)), "share no key"),
        (Aggregation(op="count", path=(Hop(table="events", on=(("x", "k"),)),)), "are read differently"),
        (Aggregation(op="count", path=(replace(EVENTS, delay=-1.0),)), "is no length of time"),
        (Aggregation(op="count", path=(replace(EVENTS, delay=math.inf),)), "is no length of time"),
        (
            Aggregation(op="count", path=(replace(EVENTS, same=(Same(part="date", here="x", there="t"),)),)),
            "the date of 'x' and 't' is asked for, and they are no dates",
        ),
        (
            Aggregation(op="count", path=(replace(EVENTS, same=(Same(part=None, here="x", there="c"),)),)),
            "'x' of 'main' and 'c' of 'events' are read differently",
        ),
        (
            Aggregation(op="count", path=(replace(PAST, same=(Same(part=None, here="y", there="y"),)),)),
            "'y' is not known when a row is scored",
        ),
        (Transform(op="add", of=(X,)), "there is no transform 'add' of 1"),
        (Transform(op="sudo", of=(X,)), "there is no transform 'sudo'"),
        (Transform(op="year", of=(X,)), "year of values that are number"),
        (Transform(op="absolute", of=(Base(column="k"),)), "absolute of values that are category"),
    ],
)
def test_what_cannot_be_computed_is_refused(catalog: Catalog, expr: Expr, told: str) -> None:
    """What tells the future first of all: D18."""
    with pytest.raises(ValueError, match=told):
        wire_of(expr, catalog)


def test_times_are_asked_of_tables_that_have_one(catalog: Catalog) -> None:
    """A lookup table is always known; windows over it say nothing."""
    shops = Hop(table="shops", on=(("k", "s"),))
    with pytest.raises(ValueError, match="asks for times, but table 'shops' has none"):
        wire_of(Aggregation(op="count", path=(shops,), window=5.0), catalog)


def test_past_rows_need_a_time_and_a_horizon(catalog: Catalog) -> None:
    """Without a cutoff they are no history, and without a horizon no label is ever known."""
    with pytest.raises(ValueError, match="past rows of main are known by"):
        wire_of(Aggregation(op="count", path=(PAST,)), replace(catalog, cutoff=None))
    with pytest.raises(ValueError, match="known only after the horizon"):
        wire_of(Aggregation(op="mean", path=(LATE,), of=Y), replace(catalog, horizon=None))


def test_depth_has_an_end(catalog: Catalog) -> None:
    """What is nested without an end is refused, not followed."""
    expr: Expr = X
    for _ in range(DEEPEST):
        expr = Transform(op="absolute", of=(expr,))
    with pytest.raises(ValueError, match="nested too deep"):
        wire_of(expr, catalog)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tables": ()}, "there is no table 'main'"),
        ({"cutoff": "x"}, "the cutoff 'x' is no date"),
        ({"horizon": -1.0}, "the horizon is no length of time"),
        ({"relations": (Relation(child="events", parent="planets", on=(("k", "k"),)),)}, "there is no table 'planets'"),
        (
            {
                "relations": (
                    Relation(child="events", parent="shops", on=(("s", "s"),)),
                    Relation(child="shops", parent="events", on=(("s", "s"),)),
                )
            },
            "hangs on itself",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(catalog: Catalog, change: dict, told: str) -> None:
    """Main, its cutoff, its horizon, and relations that lead somewhere and in no circle."""
    check_catalog(catalog)
    with pytest.raises(ValueError, match=told):
        check_catalog(replace(catalog, **change))


def test_names_and_times_of_tables_hold(catalog: Catalog) -> None:
    """Two tables of one name, and a time that is a number."""
    with pytest.raises(ValueError, match="two tables are called 'shops'"):
        check_catalog(replace(catalog, tables=(*catalog.tables, catalog.tables[2])))
    odd = TableSchema(name="odd", columns={"n": "number"}, time="n")
    with pytest.raises(ValueError, match="the time 'n' of table 'odd' is no date"):
        check_catalog(replace(catalog, tables=(*catalog.tables, odd)))


def test_features_are_what_they_are_said_to_be(catalog: Catalog) -> None:
    """Each name once, each type true."""
    count = RelationalFeature(name="n", expr=Aggregation(op="count", path=(EVENTS,)), wire="number")
    check(Definitions(catalog=catalog, features=(count,)))
    with pytest.raises(ValueError, match="two features are called 'n'"):
        check(Definitions(catalog=catalog, features=(count, count)))
    with pytest.raises(ValueError, match="is said to be flag, but is number"):
        check(Definitions(catalog=catalog, features=(replace(count, wire="flag"),)))
