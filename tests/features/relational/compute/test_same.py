"""A history that has to agree with the row is that of the rows picked by hand, for many rows and for one."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.relational.compute.run import run
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    DatePart,
    Definitions,
    Hop,
    RelationalFeature,
    Same,
    TableSchema,
)
from automl.features.relational.row_store import RowStore

DAY = 86_400e6
COLUMNS = {"k": "category", "d": "date", "c": "category"}
PARTS = {
    "date": lambda c: c.dt.date(),
    "weekday": lambda c: c.dt.weekday(),
    "hour": lambda c: c.dt.hour(),
    "month": lambda c: c.dt.month(),
}


def definitions(part: DatePart | None, timezone: str) -> Definitions:
    """The mean and the number of events of the same key, of which `part` of the date (or the category) is the same."""
    catalog = Catalog(
        tables=(
            TableSchema(name="main", columns={**COLUMNS, "at": "date"}),
            TableSchema(name="events", columns={**COLUMNS, "t": "date", "x": "number"}, time="t"),
        ),
        cutoff="at",
        timezone=timezone,
    )
    column = "c" if part is None else "d"
    hop = Hop(table="events", on=(("k", "k"),), same=(Same(part=part, here=column, there=column),))
    mean, count = Aggregation(op="mean", path=(hop,), of=Base(column="x")), Aggregation(op="count", path=(hop,))
    features = [RelationalFeature(name=expr.op, expr=expr, wire="number") for expr in (mean, count)]
    return Definitions(catalog=catalog, features=tuple(features))


DATES = st.one_of(st.just(math.nan), st.integers(0, 24 * 70).map(lambda hours: (18_262 + hours / 24) * DAY))
ROWS = st.lists(st.tuples(st.sampled_from(["", "p", "q"]), DATES, st.sampled_from(["", "u", "v"]), DATES), max_size=25)


def frame(rows: list[tuple[str, float, str, float]], time: str) -> pl.DataFrame:
    """Rows in wire types."""
    schema = {"k": pl.String, "d": pl.Float64, "c": pl.String, time: pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_hand(part: DatePart | None, timezone: str, main: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Each pair of a row and an event, of which those are kept that belong together."""

    def moment(column: pl.Expr) -> pl.Expr:
        rounded = column.fill_nan(None).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
        return rounded.dt.convert_time_zone(timezone)

    pairs = main.with_row_index("row").join(events, how="cross", suffix="_there")
    own = pl.col("c") == pl.col("c_there")
    if part is not None:
        own = PARTS[part](moment(pl.col("d"))) == PARTS[part](moment(pl.col("d_there")))
    kept = pairs.filter(
        pl.col("k") != "",
        pl.col("k") == pl.col("k_there"),
        pl.col("t") < pl.col("at"),
        own.fill_null(value=False),
        (pl.col("c") != "") if part is None else pl.lit(value=True),
        pl.col("at").is_not_nan(),
        pl.col("t").is_not_nan(),
    )
    found = kept.group_by("row").agg(mean=pl.col("x").mean(), count=pl.len().cast(pl.Float64))
    rows = pl.DataFrame({"row": np.arange(main.height, dtype=np.uint32)})
    return rows.join(found, on="row", how="left").select(
        pl.col("mean").fill_null(math.nan), pl.col("count").fill_null(0.0)
    )


@pytest.mark.parametrize("part", ["date", "weekday", "hour", "month", None])
@pytest.mark.parametrize("timezone", ["UTC", "America/New_York"])
@given(main=ROWS, events=ROWS)
@settings(max_examples=40, deadline=None)
def test_rows_that_agree_are_those_picked_by_hand(
    part: DatePart | None,
    timezone: str,
    main: list[tuple[str, float, str, float]],
    events: list[tuple[str, float, str, float]],
) -> None:
    """D12: none at or after the cutoff, none without the key or the date, in the clock of the spec; one row as many."""
    asked, rows = definitions(part, timezone), frame(main, "at")
    history = frame(events, "t").with_columns(x=pl.int_range(pl.len()).cast(pl.Float64))
    computed = run(asked, rows, {"events": history})
    expected = by_hand(part, timezone, rows, history)
    for name in ("mean", "count"):
        assert np.allclose(computed[name].to_numpy(), expected[name].to_numpy(), equal_nan=True)
    store = RowStore.of(asked, {"events": history})
    for i, row in enumerate(rows.iter_rows(named=True)):
        one = store.features(row)
        assert [one[name] for name in one] == pytest.approx([computed[name][i] for name in one], abs=0, nan_ok=True)
