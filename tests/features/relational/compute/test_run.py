"""Features of many rows: strictly before the cutoff, whatever the keys and tables look like."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from automl.errors import DataError
from automl.features.relational.check import check, wire_of
from automl.features.relational.compute.buckets import Buckets
from automl.features.relational.compute.run import Opened, run
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
    TableSchema,
    Transform,
)
from automl.features.relational.propose.wording import wording
from automl.features.relational.row_store import RowStore

HORIZON = 5.0
EVENTS = Hop(table="events", on=(("k", "k"), ("l", "l")))
OTHERS = Hop(table="events", on=(("l", "l"),))  # the same table by another key
SHOPS = Hop(table="shops", on=(("s", "s"),))
VISITS = Hop(table="visits", on=(("s", "s"),))
PAST = Hop(table="main", on=(("k", "k"),))
LATE = replace(PAST, delay=HORIZON)
CATALOG = Catalog(
    tables=(
        TableSchema(
            name="main", columns={"k": "category", "l": "number", "at": "date", "x": "number", "y": "flag"}, time="at"
        ),
        TableSchema(
            name="events",
            columns={"k": "category", "l": "number", "s": "category", "t": "date", "x": "number", "c": "category"},
            time="t",
        ),
        TableSchema(name="shops", columns={"s": "category", "size": "number", "c": "category"}),
        TableSchema(name="visits", columns={"s": "category", "t": "date", "n": "number"}, time="t"),
    ),
    cutoff="at",
    target="y",
    horizon=HORIZON,
)


def aggregation(op: Any, hop: Hop = EVENTS, column: str | None = None, **rest: Any) -> Aggregation:
    return Aggregation(op=op, path=(hop,), of=None if column is None else Base(column=column), **rest)


EXPRS: tuple[Expr, ...] = (
    aggregation("count"),
    aggregation("mean", column="x"),
    aggregation("std", column="x", window=10.0),
    aggregation("skew", column="x"),
    aggregation("trend", column="x"),
    aggregation("median", column="x", where=Condition(column="c", value="a")),
    aggregation("mode", column="c", window=10.0),
    aggregation("entropy", column="c"),
    aggregation("last", column="c"),
    aggregation("time_since_last"),
    aggregation("avg_time_between"),
    Aggregation(op="max", path=(EVENTS,), of=Direct(hop=SHOPS, of=Base(column="size"))),
    Aggregation(op="sum", path=(EVENTS,), of=Direct(hop=SHOPS, of=aggregation("count", VISITS))),
    Aggregation(op="mean", path=(EVENTS,), of=aggregation("sum", VISITS, "n")),
    Aggregation(op="count", path=(EVENTS, VISITS), window=10.0),
    Aggregation(op="last", path=(EVENTS, SHOPS), of=Base(column="c")),
    Direct(hop=EVENTS, of=Base(column="c")),
    Direct(hop=OTHERS, of=Base(column="x")),
    aggregation("count", OTHERS),
    aggregation("sum", OTHERS, "x", window=10.0),
    Direct(hop=PAST, of=Base(column="x")),
    aggregation("mean", PAST, "x"),
    aggregation("percent_true", LATE, "y"),
    aggregation("last", LATE, "y"),
    Aggregation(op="sum", path=(PAST,), of=Aggregation(op="count", path=(EVENTS,))),
    Transform(op="divide", of=(Base(column="x"), aggregation("mean", column="x"))),
    Transform(op="since", of=(aggregation("last", column="t"),)),
)


def definitions(exprs: tuple[Expr, ...] = EXPRS, catalog: Catalog = CATALOG) -> Definitions:
    features = tuple(RelationalFeature(name=wording(expr), expr=expr, wire=wire_of(expr, catalog)) for expr in exprs)
    found = Definitions(catalog=catalog, features=features)
    check(found)
    return found


KEYS = st.tuples(st.sampled_from(["", "p", "q"]), st.sampled_from([math.nan, 1.0, 2.0]))
TIMES = st.one_of(st.just(math.nan), st.integers(0, 30).map(float))
NUMBERS = st.one_of(st.just(math.nan), st.integers(-9, 9).map(lambda i: i / 4))
WORDS = st.sampled_from(["", "a", "b"])
SHOP_NAMES = st.sampled_from(["", "s", "t", "u"])


def _frame(table: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    columns = CATALOG.table(table).columns
    schema = {name: pl.String if wire == "category" else pl.Float64 for name, wire in columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _rows(*columns: Any, least: int = 0) -> Any:
    return st.lists(
        st.tuples(*columns).map(lambda row: (*row[0], *row[1:]) if isinstance(row[0], tuple) else row),
        min_size=least,
        max_size=9,
    )


@st.composite
def tables(draw: Any) -> dict[str, pl.DataFrame]:
    """Small tables with missing, broken and repeated keys, equal times, and no rows at all now and then."""
    return {
        "main": _frame("main", draw(_rows(KEYS, TIMES, NUMBERS, st.sampled_from([math.nan, 0.0, 1.0]), least=1))),
        "events": _frame("events", draw(_rows(KEYS, SHOP_NAMES, TIMES, NUMBERS, WORDS))),
        "shops": _frame("shops", draw(_rows(SHOP_NAMES, NUMBERS, WORDS))),
        "visits": _frame("visits", draw(_rows(SHOP_NAMES, TIMES, NUMBERS))),
    }


@settings(max_examples=40)
@given(tables(), st.integers(0, 30).map(float), st.randoms(use_true_random=False))
def test_what_happens_at_or_after_the_cutoff_changes_nothing(
    given_tables: dict[str, pl.DataFrame], cutoff: float, random: Any
) -> None:
    """D18: altered and added rows at or after t, and labels that are not known at t, leave a feature at t as it is.

    So it is for many rows, and for one row of a key that was asked at a later moment before.
    """
    main = given_tables["main"].with_columns(at=pl.lit(cutoff))
    before = run(definitions(), main, given_tables)
    altered = dict(given_tables)
    for name, time in (("events", "t"), ("visits", "t"), ("main", "at")):
        frame = given_tables[name]
        values = [column for column in CATALOG.table(name).columns if column != time]
        late = pl.col(time) >= cutoff
        shaken = frame.with_columns(
            pl.when(late)
            .then(pl.col(c).shuffle(seed=random.randrange(9)) if frame.height else pl.col(c))
            .otherwise(pl.col(c))
            for c in values
        )
        added = frame.head(2).with_columns(pl.lit(cutoff + random.randrange(3)).alias(time))
        altered[name] = pl.concat([shaken, added])
    unknown = (pl.col("at") + HORIZON >= cutoff) | pl.col("at").is_nan()
    altered["main"] = altered["main"].with_columns(y=pl.when(unknown).then(1.0 - pl.col("y")).otherwise(pl.col("y")))
    assert_frame_equal(run(definitions(), main, altered), before, check_exact=True)
    store = RowStore.of(definitions(), altered)
    for row, expected in zip(main.drop("y").iter_rows(named=True), before.iter_rows(), strict=True):
        store.features(row | {"at": cutoff + 9.0})  # what is kept of a key saw later rows
        np.testing.assert_equal(list(store.features(row).values()), list(expected))


ONE_WAY: tuple[Expr, ...] = (
    aggregation("mean", column="x"),
    aggregation("last", column="c"),
    aggregation("median", column="x", window=10.0),
    Aggregation(op="max", path=(EVENTS,), of=Direct(hop=SHOPS, of=Base(column="size"))),
)


@settings(max_examples=30)
@given(tables(), st.integers(1, 4))
def test_a_table_that_is_reached_by_one_way_is_read_by_bucket(given_tables: dict[str, pl.DataFrame], part: int) -> None:
    """Of a history that is larger than a part each part reads its bucket, and the bits are those of all at once."""
    main, one_way = given_tables["main"], definitions(ONE_WAY)
    lazy = {name: frame.lazy() for name, frame in given_tables.items()}
    opened = Opened.of(one_way, main, lazy, part=part, deal=Buckets)
    keys = main.select("k", "l").unique()
    reached = given_tables["events"].join(keys, on=["k", "l"], how="semi").height
    assert (opened.parts is not None) == (reached > part)
    if opened.parts is not None:
        assert set(opened.parts.buckets) == {"events"}
    assert_frame_equal(opened.values(one_way), run(one_way, main, given_tables), check_exact=True)


@settings(max_examples=30)
@given(tables(), st.integers(1, 4))
def test_parts_and_single_rows_give_the_same_bits(given_tables: dict[str, pl.DataFrame], part: int) -> None:
    """In one go, in parts, from lazy tables, or row by row from a store: the same values, bit for bit."""
    main = given_tables["main"]
    found = run(definitions(), main, given_tables)
    lazy = {name: frame.lazy() for name, frame in given_tables.items()}
    assert_frame_equal(run(definitions(), main, lazy, part=part), found, check_exact=True)
    store = RowStore.of(definitions(), given_tables)
    assert_frame_equal(store.many(main), found, check_exact=True)
    for row, expected in zip(main.drop("y").iter_rows(named=True), found.iter_rows(), strict=True):
        np.testing.assert_equal(list(store.features(row).values()), list(expected))


@settings(max_examples=30)
@given(tables())
def test_any_small_tables_give_defined_values(given_tables: dict[str, pl.DataFrame]) -> None:
    """D19: broken keys, many-to-many and empty tables give a value in wire types for each row, never an error."""
    found = run(definitions(), given_tables["main"], given_tables)
    assert found.height == given_tables["main"].height
    assert set(found.dtypes) <= {pl.Float64, pl.String}
    assert sum(found.null_count().row(0)) == 0
    nobody = (given_tables["main"]["k"] == "") | given_tables["main"]["l"].is_nan()
    assert found.filter(nobody)["count(events by k and l)"].to_list() == [0.0] * int(nobody.sum())


def _simple(**rows: list[tuple[Any, ...]]) -> dict[str, pl.DataFrame]:
    return {name: _frame(name, rows.get(name, [])) for name in CATALOG.names}


def _one(expr: Expr, given_tables: dict[str, pl.DataFrame], catalog: Catalog = CATALOG) -> list[Any]:
    return run(definitions((expr,), catalog), given_tables["main"], given_tables).to_series().to_list()


def test_a_window_starts_at_its_first_moment_and_ends_before_the_cutoff() -> None:
    """[cutoff - w, cutoff): a row at its start counts, a row at the cutoff does not."""
    found = _simple(
        main=[("p", 1.0, 20.0, 0.0, 0.0)],
        events=[("p", 1.0, "", time, 1.0, "") for time in (9.0, 10.0, 19.0, 20.0, 21.0)],
    )
    assert _one(aggregation("count", window=10.0), found) == [2.0]
    assert _one(aggregation("count"), found) == [3.0]


def test_empty_histories_have_the_values_that_featuretools_gives() -> None:
    """No rows: a count and a sum of 0, everything else missing."""
    found = _simple(main=[("p", 1.0, 20.0, 0.0, 0.0)])
    assert [_one(aggregation(op, column=None if op == "count" else "x"), found) for op in ("count", "sum")] == [
        [0.0]
    ] * 2
    for op in ("mean", "min", "std", "skew", "median", "first", "num_unique", "trend"):
        assert math.isnan(_one(aggregation(op, column="x"), found)[0]), op
    assert _one(aggregation("mode", column="c"), found) == [""]


def test_labels_of_past_rows_are_known_after_the_horizon() -> None:
    """The label of a row at time 10 counts for cutoffs after 15, its number for cutoffs after 10."""
    rows = [("p", 1.0, at, at, 1.0) for at in (10.0, 11.0, 15.0, 16.0)]
    found = _simple(main=rows)
    assert _one(aggregation("count", LATE), found) == [0.0, 0.0, 0.0, 1.0]
    assert _one(aggregation("last", LATE, "y"), found)[3] == 1.0
    assert _one(aggregation("max", PAST, "x"), found)[1:] == [10.0, 11.0, 15.0]


def test_a_cutoff_later_than_its_rows_time_does_not_show_the_row_itself() -> None:
    """Where a spec lets the cutoff lie after the time, the time holds: a row never sees its own label."""
    catalog = replace(
        CATALOG,
        horizon=0.0,
        cutoff="until",
        tables=(
            replace(CATALOG.tables[0], columns={**CATALOG.tables[0].columns, "until": "date"}),
            *CATALOG.tables[1:],
        ),
    )
    found = _simple(main=[("p", 1.0, 10.0, 0.0, 1.0), ("p", 1.0, 12.0, 0.0, 0.0)])
    found["main"] = found["main"].with_columns(until=pl.lit(99.0))
    assert _one(aggregation("count", PAST), found, catalog) == [0.0, 1.0]


def test_a_lookup_with_several_rows_gives_the_latest_known() -> None:
    """Of repeated keys the last row before the cutoff is taken, in the order of the file without a time."""
    found = _simple(
        main=[("p", 1.0, 20.0, 0.0, 0.0)],
        events=[("p", 1.0, "s", 1.0, 4.0, "a"), ("p", 1.0, "s", 19.0, 5.0, "b"), ("p", 1.0, "s", 20.0, 6.0, "c")],
        shops=[("s", 1.0, "old"), ("s", 2.0, "new")],
    )
    assert _one(Direct(hop=EVENTS, of=Base(column="c")), found) == ["b"]
    assert _one(Direct(hop=EVENTS, of=Direct(hop=SHOPS, of=Base(column="c"))), found) == ["new"]


def test_without_a_cutoff_every_row_is_known() -> None:
    """A main table without a time sees the whole of its other tables."""
    catalog = replace(CATALOG, cutoff=None, target=None)
    found = _simple(main=[("p", 1.0, 0.0, 0.0, 0.0)], events=[("p", 1.0, "", 50.0, 3.0, "")])
    assert _one(aggregation("sum", column="x"), found, catalog) == [3.0]


def test_parts_of_dates_are_of_local_time() -> None:
    """The hour of noon UTC in summer is 14 in Berlin."""
    noon = 1_719_835_200e6  # 2024-07-01 12:00 UTC
    hour = Aggregation(op="last", path=(EVENTS,), of=Transform(op="hour", of=(Base(column="t"),)))
    found = _simple(main=[("p", 1.0, noon + 1e6, 0.0, 0.0)], events=[("p", 1.0, "", noon, 3.0, "")])
    assert _one(hour, found, replace(CATALOG, timezone="Europe/Berlin")) == [14.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("events"), "table 'events' is needed"),
        (lambda t: t.pop("main"), "past rows of the main table are needed"),
        (lambda t: t.update(events=t["events"].drop("x")), "'events' has no column 'x'"),
        (lambda t: t.update(shops=t["shops"].cast({"size": pl.Int64})), "is Int64, not read as number"),
    ],
)
def test_tables_that_do_not_fit_are_named(change: Any, words: str) -> None:
    """What is missing or of another type is a DataError that says which."""
    given_tables = _simple(main=[("p", 1.0, 20.0, 0.0, 0.0)])
    main = given_tables["main"]
    change(given_tables)
    with pytest.raises(DataError, match=words):
        run(definitions(), main, given_tables)


def test_a_row_without_a_needed_value_is_named() -> None:
    """One row that lacks a key is a DataError, not a wrong answer."""
    store = RowStore.of(definitions(), _simple())
    with pytest.raises(DataError, match="the row has no 'k'"):
        store.features({"l": 1.0, "at": 3.0, "x": 1.0})
