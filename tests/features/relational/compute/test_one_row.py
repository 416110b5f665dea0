"""One row in plain numbers has the bits of many, whatever is asked of which histories."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.data.read.table_rows import Columns
from automl.features.relational.check import wire_of
from automl.features.relational.compute.frame_table import plain
from automl.features.relational.compute.run import run
from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Condition,
    Definitions,
    Direct,
    Expr,
    Hop,
    RelationalFeature,
    Transform,
    TransformOp,
)
from automl.features.relational.row_store import RowStore

EVENTS, SHOPS, PAST = (
    Hop(table="events", on=(("k", "k"),)),
    Hop(table="shops", on=(("s", "s"),)),
    Hop(table="main", on=(("k", "k"),)),
)
RED = Condition(column="c", value="red")


def exprs(catalog: Catalog) -> Iterator[Expr]:
    """Each operation over numbers, over texts, over what moves with the cutoff; with windows and conditions; parts."""
    size = Direct(hop=SHOPS, of=Base(column="size"))
    moving: tuple[Expr, ...] = (
        Transform(op="since", of=(Base(column="t"),)),
        Aggregation(op="count", path=(replace(PAST, on=(("k", "k"),)),)),
    )
    for op in get_args(AggregationOp):
        for of in (None, Base(column="x"), Base(column="c"), Base(column="t"), size, *moving):
            for window, where in ((None, None), (7.0, None), (None, RED)):
                expr = Aggregation(op=op, path=(EVENTS,), of=of, window=window, where=where)
                if _is_sound(expr, catalog):
                    yield expr
    last = Aggregation(op="last", path=(EVENTS,), of=Base(column="t"))
    yield from (
        Transform(op=op, of=(last,)) for op in get_args(TransformOp) if _is_sound(Transform(op=op, of=(last,)), catalog)
    )
    count = Aggregation(op="count", path=(EVENTS,), window=7.0)
    yield from (Transform(op=op, of=(Base(column="x"), count)) for op in ("add", "subtract", "divide"))
    yield from (Direct(hop=PAST, of=of) for of in (Base(column="x"), Base(column="k"), count))


def _is_sound(expr: Expr, catalog: Catalog) -> bool:
    try:
        wire_of(expr, catalog)
    except ValueError:
        return False
    return True


def definitions(catalog: Catalog) -> Definitions:
    """All of them, numbered."""
    features = [
        RelationalFeature(name=f"f{i}", expr=expr, wire=wire_of(expr, catalog)) for i, expr in enumerate(exprs(catalog))
    ]
    return Definitions(catalog=catalog, features=tuple(features))


def frame(columns: list[str], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {name: pl.String if name in {"k", "s", "c"} else pl.Float64 for name in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


KEYS, SHOP_NAMES, WORDS = (st.sampled_from(["", *names]) for names in (("p", "q"), ("u", "v"), ("red", "blue", "grün")))
TIMES = st.sampled_from([math.nan, *map(float, range(30)), 1.7e15, -5.0])
NUMBERS = st.sampled_from([math.nan, 0.0, -0.0, 1.0, 0.1, 1 / 3, 1e9, 1e-9, 7.0])


@st.composite
def tables(draw: Any) -> dict[str, pl.DataFrame]:
    """Up to 25 events of few keys, some that main never has, some without a time; and shops, twice or not at all."""
    main = st.lists(st.tuples(KEYS, TIMES, NUMBERS, st.sampled_from([math.nan, 0.0, 1.0])), min_size=1, max_size=6)
    events = st.lists(st.tuples(KEYS, SHOP_NAMES, TIMES, NUMBERS, WORDS), max_size=25)
    shops = st.lists(st.tuples(SHOP_NAMES, NUMBERS, st.sampled_from([0.0, 1.0])), max_size=3)
    return {
        "main": frame(["k", "at", "x", "y"], draw(main)),
        "events": frame(["k", "s", "t", "x", "c"], draw(events)),
        "shops": frame(["s", "size", "open"], draw(shops)),
    }


def columns(frames: Mapping[str, pl.DataFrame]) -> dict[str, Columns]:
    """The same as plain columns."""
    return {name: plain(frame).columns for name, frame in frames.items()}


def bits(value: object) -> object:
    return value.hex() if isinstance(value, float) else value


@settings(max_examples=15)
@given(tables())
def test_one_row_has_the_bits_of_many(catalog: Catalog, found: dict[str, pl.DataFrame]) -> None:
    """Every operation, windows, conditions, NaN, ties, unknown keys, values that move; first asked, and asked again.

    From frames and from plain columns.
    """
    asked = definitions(catalog)
    main = found["main"]
    many = run(asked, main, found)
    for store in (RowStore.of(asked, found), RowStore.of(asked, columns(found))):
        for _ in range(2):
            for row, expected in zip(main.drop("y").iter_rows(named=True), many.iter_rows(named=True), strict=True):
                one = store.features(row)
                assert {name: bits(value) for name, value in one.items()} == {
                    name: bits(value) for name, value in expected.items()
                }
        assert repr(store.many(main).to_dicts()) == repr(many.to_dicts())


@settings(max_examples=6)
@given(tables(), tables())
def test_appended_rows_are_as_if_they_had_always_been_there(
    catalog: Catalog, found: dict[str, pl.DataFrame], more: dict[str, pl.DataFrame]
) -> None:
    """Late rows, new keys and new texts with them: the answers are those of a store made anew, the old store's stay."""
    asked = definitions(catalog)
    rows = found["main"].drop("y").to_dicts()
    store = RowStore.of(asked, found)
    before = [repr(store.features(row)) for row in rows]
    longer = store.appended(more)
    plain = RowStore.of(asked, columns(found)).appended(columns(more))
    anew = RowStore.of(asked, {name: pl.concat([found[name], more[name]]) for name in found})
    for held in (longer, plain):
        assert [repr(held.features(row)) for row in rows] == [repr(anew.features(row)) for row in rows]
    assert [repr(store.features(row)) for row in rows] == before


def test_threads_share_a_store(catalog: Catalog, frames: dict[str, pl.DataFrame]) -> None:
    """Eight at once from the first row on, each gets its own answer."""
    asked = definitions(catalog)
    rows = frames["main"].drop("y").to_dicts()
    alone = RowStore.of(asked, frames)
    expected = [repr(alone.features(row)) for row in rows]
    store = RowStore.of(asked, frames)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda row: repr(store.features(row)), rows * 20)) == expected * 20


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_dates_are_of_the_time_zone(catalog: Catalog, frames: dict[str, pl.DataFrame], zone: str) -> None:
    """The hour of the last event."""
    hour = Transform(op="hour", of=(Aggregation(op="last", path=(EVENTS,), of=Base(column="t")),))
    asked = Definitions(
        catalog=replace(catalog, timezone=zone), features=(RelationalFeature(name="h", expr=hour, wire="number"),)
    )
    found = RowStore.of(asked, frames).features({"k": "a", "at": 20.0, "x": 1.0})
    assert found == {"h": 0.0 if zone == "UTC" else 9.0}
