"""Histories that agree with the row are proposed where something can agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.features.relational.definition import Aggregation, Base, Catalog, Hop, Relation, TableSchema
from automl.features.relational.propose.featuretools import propose
from automl.features.relational.propose.matched import matched
from automl.features.relational.propose.table_graph import table_graph

DAY = 86_400e6
VISITS = Hop(table="visits", on=(("k", "k"),))
MEAN = Aggregation(op="mean", path=(VISITS,), of=Base(column="guests"))
SUM = replace(MEAN, op="sum")


@pytest.fixture
def catalog() -> Catalog:
    """Days to forecast a week ahead, and past visits with a day and a kind."""
    return Catalog(
        tables=(
            TableSchema(name="main", columns={"k": "category", "day": "date", "cut": "date", "kind": "category"}),
            TableSchema(
                name="visits",
                columns={"k": "category", "day": "date", "known": "date", "kind": "category", "guests": "number"},
                time="known",
            ),
        ),
        relations=(Relation(child="visits", parent="main", on=(("k", "k"),)),),
        cutoff="cut",
    )


@pytest.fixture
def samples() -> dict[str, pl.DataFrame]:
    """Half a year of days, all at midnight."""
    rng = np.random.default_rng(0)
    day = rng.integers(0, 180, 400) * DAY
    keys = rng.choice(["a", "b"], 400)
    kinds = rng.choice(["lunch", "dinner"], 400)
    return {
        "main": pl.DataFrame({"k": keys, "day": day, "cut": day - 7 * DAY, "kind": kinds}),
        "visits": pl.DataFrame(
            {"k": keys, "day": day, "known": day + DAY, "kind": kinds, "guests": rng.integers(0, 9, 400).astype(float)}
        ),
    }


def same_of(exprs: list[object]) -> set[tuple[str | None, str, str]]:
    """What has to agree in each."""
    return {
        (one.part, one.here, one.there) for expr in exprs if isinstance(expr, Aggregation) for one in expr.path[0].same
    }


def test_dates_of_one_name_and_categories_are_matched(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """The day, not the moment that it became known, nor the cutoff: main has a date that is none."""
    found = list(matched([MEAN, SUM], table_graph(catalog, samples), samples))
    assert same_of(found) == {("date", "day", "day"), ("weekday", "day", "day"), (None, "kind", "kind")}
    assert {expr.op for expr in found if expr.path[0].same[0].part == "weekday"} == {"mean"}
    assert {expr.op for expr in found if expr.path[0].same[0].part == "date"} == {"mean", "sum"}


def test_hours_are_matched_where_times_have_them(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """Dates at midnight have one hour; moments of the day have more."""
    spread = {
        name: frame.with_columns(day=pl.col("day") + pl.int_range(pl.len()) % 24 * DAY / 24)
        for name, frame in samples.items()
    }
    parts = {part for part, _, _ in same_of(list(matched([MEAN], table_graph(catalog, spread), spread)))}
    assert parts == {"date", "weekday", "hour", None}


def test_months_are_matched_in_long_histories(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """In half a year no month comes again; in three it does."""
    long = {name: frame.with_columns(day=pl.col("day") * 6) for name, frame in samples.items()}
    parts = {part for part, _, _ in same_of(list(matched([MEAN], table_graph(catalog, long), long)))}
    assert "month" in parts


def test_without_another_date_the_cutoff_is_matched(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """A row that has its cutoff alone is matched by it, with each date of the history."""
    main, visits = catalog.tables
    columns = {name: wire for name, wire in main.columns.items() if name != "day"}
    only = replace(catalog, tables=(replace(main, columns=columns), visits))
    cut = {**samples, "main": samples["main"].drop("day")}
    found = same_of(list(matched([MEAN], table_graph(only, cut), cut)))
    assert {("weekday", "cut", "day"), ("weekday", "cut", "known")} <= found


def test_what_is_aggregated_is_not_what_has_to_agree(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """The last kind of visits of the same kind is that kind."""
    last = replace(MEAN, op="last", of=Base(column="kind"))
    assert (None, "kind", "kind") not in same_of(list(matched([last], table_graph(catalog, samples), samples)))


def test_outcomes_of_past_rows_have_to_agree_with_nothing(samples: dict[str, pl.DataFrame], catalog: Catalog) -> None:
    """D11: a row's own label, or what comes with it, picks none of its history."""
    columns = {**catalog.tables[0].columns, "seen": "date", "y": "category"}
    main = TableSchema(name="main", columns=columns, time="day")  # type: ignore[arg-type]  # as above
    past = replace(catalog, tables=(main,), relations=(), history=(("k",),), delayed=("seen",), target="y", horizon=DAY)
    rows = {"main": samples["main"].with_columns(seen=pl.col("day"), y=pl.col("kind"))}
    hop = Hop(table="main", on=(("k", "k"),))
    count = Aggregation(op="mean", path=(hop,), of=Base(column="day"))
    found = same_of(list(matched([count, replace(count, op="count", of=None)], table_graph(past, rows), rows)))
    assert found
    assert not {name for _, here, there in found for name in (here, there)} & {"seen", "y"}


def test_the_plain_history_comes_before_the_matched(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """Among proposals the mean of all visits stands before that of the same weekday, and both are there."""
    names = [feature.name for feature in propose(catalog, samples, limit=60, seed=0).features]
    assert names.index("mean(visits.guests by k)") < names.index("mean(visits.guests by k and same weekday of day)")
