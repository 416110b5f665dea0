"""One row is scored from tables that are held in memory, as many rows at once are."""

from __future__ import annotations

import math

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from automl.errors import DataError
from automl.features.relational.compute.run import run
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Definitions,
    Direct,
    Hop,
    RelationalFeature,
    Transform,
)
from automl.features.relational.row_store import RowStore

EVENTS = Hop(table="events", on=(("k", "k"),))
SHOPS = Hop(table="shops", on=(("s", "s"),))


@pytest.fixture
def definitions(catalog: Catalog) -> Definitions:
    """A count, a text, a lookup within a history, a text of the row itself, a ratio and a past label."""
    past = Hop(table="main", on=(("k", "k"),), delay=5.0)
    count = Aggregation(op="count", path=(EVENTS,))
    exprs = {
        "count": (count, "number"),
        "mode": (Aggregation(op="mode", path=(EVENTS,), of=Base(column="c")), "category"),
        "size": (Aggregation(op="max", path=(EVENTS,), of=Direct(hop=SHOPS, of=Base(column="size"))), "number"),
        "key": (Base(column="k"), "category"),
        "ratio": (Transform(op="divide", of=(Base(column="x"), count)), "number"),
        "label": (Aggregation(op="last", path=(past,), of=Base(column="y")), "flag"),
    }
    features = [RelationalFeature(name=name, expr=expr, wire=wire) for name, (expr, wire) in exprs.items()]
    return Definitions(catalog=catalog, features=tuple(features))


def test_one_row_has_its_features(definitions: Definitions, frames: dict[str, pl.DataFrame]) -> None:
    """What was known before its cutoff, and nothing after it."""
    store = RowStore.of(definitions, frames)
    assert store.features({"k": "a", "at": 20.0, "x": 4.0}) == {
        "count": 2.0,
        "mode": "blue",
        "size": 20.0,
        "key": "a",
        "ratio": 2.0,
        "label": 1.0,
    }


@pytest.mark.parametrize("key", ["", "nobody"])
def test_a_row_that_nobody_knows_has_no_history(
    definitions: Definitions, frames: dict[str, pl.DataFrame], key: str
) -> None:
    """A key that is missing or was never seen: counts of 0, everything else missing."""
    found = RowStore.of(definitions, frames).features({"k": key, "at": 20.0, "x": 4.0})
    assert (found["count"], found["mode"], found["key"]) == (0.0, "", key)
    assert all(math.isnan(found[name]) for name in ("size", "ratio", "label"))


def test_many_rows_are_those_of_a_run(definitions: Definitions, frames: dict[str, pl.DataFrame]) -> None:
    """The tables are sorted once for all of them, and row by row the bits are the same."""
    main = frames["main"]
    store = RowStore.of(definitions, {name: frame.lazy() for name, frame in frames.items()})
    whole = run(definitions, main, frames)
    assert_frame_equal(store.many(main), whole, check_exact=True)
    rows = [store.features(row) for row in main.drop("y").iter_rows(named=True)]
    assert_frame_equal(pl.DataFrame(rows), whole, check_exact=True)


def test_what_lacks_is_named(definitions: Definitions, frames: dict[str, pl.DataFrame]) -> None:
    """A table when the store is made, a value when a row comes, a column when many do."""
    with pytest.raises(DataError, match="table 'shops' is needed"):
        RowStore.of(definitions, {name: frame for name, frame in frames.items() if name != "shops"})
    store = RowStore.of(definitions, frames)
    with pytest.raises(DataError, match="the row has no 'k'"):
        store.features({"at": 20.0, "x": 4.0})
    with pytest.raises(DataError, match="table 'main' has no column 'x'"):
        store.many(frames["main"].drop("x"))


def test_what_cannot_be_appended_is_named(definitions: Definitions, frames: dict[str, pl.DataFrame]) -> None:
    """Rows of a table that nothing is computed from, and rows without a column."""
    store = RowStore.of(definitions, frames)
    with pytest.raises(DataError, match="nothing is computed from table 'shop'"):
        store.appended({"shop": frames["shops"]})
    with pytest.raises(DataError, match="table 'shops' has no column 'size'"):
        store.appended({"shops": frames["shops"].drop("size")})


def test_a_feature_has_its_cost(definitions: Definitions, frames: dict[str, pl.DataFrame]) -> None:
    """By name, in microseconds; a column of the row itself is the cheapest."""
    costs = RowStore.of(definitions, frames).costs()
    assert list(costs) == [feature.name for feature in definitions.features]
    assert 0 < costs["key"] == min(costs.values())
