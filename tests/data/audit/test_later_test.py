"""Test parts that are later than train by a date that nobody named."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl.data.audit.later_test import later_test, rows_in_order
from automl.data.prepare import prepare
from automl.data.rows import Prepared
from automl.data.schema import infer_schema
from automl.spec import Spec

DRAW = np.random.default_rng(5)


def rows(n: int, first: int, last: int, *, undated: int = 0) -> pl.DataFrame:
    """Rows of days `first` to `last` of 2020, with the date in one column and in three."""
    day = DRAW.integers(first, last, n)
    date = pl.Series("booked", np.datetime64("2020-01-01") + day).cast(pl.Date)
    shown = date.dt.to_string("%Y-%m-%d").to_list()
    return pl.DataFrame(
        {
            "y": DRAW.choice(["no", "yes"], n),
            "x": DRAW.normal(size=n),
            "booked": [None] * undated + shown[undated:],
            "arrival_date_year": date.dt.year(),
            "arrival_date_month": [month_name[month] for month in date.dt.month()],
            "arrival_date_day_of_month": date.dt.day(),
        }
    )


def prepared(make_spec: Callable[..., Spec], train: pl.DataFrame, test: pl.DataFrame, **data: object) -> Prepared:
    return prepare(make_spec({"positive": "yes"}, **data), train=train, test=test)


def of(found: Prepared, name: str) -> tuple[str, bool]:
    return next((column.role, column.is_feature) for column in found.schema.columns if column.name == name)


def test_a_later_test_part_gives_the_time(make_spec: Callable[..., Spec]) -> None:
    """The date is the time of each row, as if the spec had named it; the audit says so, and how to refuse."""
    found = prepared(make_spec, rows(300, 0, 200).drop(pl.selectors.contains("arrival")), rows(100, 200, 260))
    assert found.train.time is not None
    assert found.test.time is not None
    assert found.train.time.max() < found.test.time.min()
    assert of(found, "booked") == ("time", True)
    (told,) = [one for one in found.findings if one.check == "time"]
    assert told.action == "changed"
    assert "'booked' (100% of its rows" in told.text
    assert "name 'booked' in data.audit.keep" in told.text


def test_a_date_in_parts(make_spec: Callable[..., Spec]) -> None:
    """Three columns give the date, found or named by the spec; they stay what they are."""
    train, test = (part.drop("booked") for part in (rows(300, 0, 500), rows(100, 500, 560)))
    found = prepared(make_spec, train, test)
    assert found.train.time is not None
    assert of(found, "arrival_date") == ("time", True)
    assert of(found, "arrival_date_year") == ("feature", True)
    named = ["arrival_date_year", "arrival_date_month", "arrival_date_day_of_month"]
    told = prepared(make_spec, train, test, time=named)
    assert of(told, "arrival_date") == ("time", True)
    assert of(told, "arrival_date_year") == ("time", True)
    np.testing.assert_array_equal(told.train.time, found.train.time)


@pytest.mark.parametrize(
    ("train", "test", "data"),
    [
        (rows(300, 0, 200), rows(100, 0, 200), {}),
        (rows(300, 0, 200), rows(100, 150, 260), {}),
        (rows(300, 0, 200, undated=60), rows(100, 200, 260), {"exclude": ["arrival_date_year"]}),
        (rows(300, 0, 200), rows(100, 200, 260), {"audit": {"keep": ["booked", "arrival_date_month"]}}),
        (rows(300, 0, 200), rows(100, 200, 260), {"audit": {"action": "warn"}}),
        (rows(300, 0, 200), rows(100, 200, 260), {"group": "arrival_date_day_of_month"}),
    ],
    ids=["alike", "not all later", "many without a date", "kept", "warn", "by group"],
)
def test_no_time_is_found(
    make_spec: Callable[..., Spec], train: pl.DataFrame, test: pl.DataFrame, data: dict[str, object]
) -> None:
    """What overlaps, what many rows lack, and what the spec says otherwise."""
    assert prepared(make_spec, train, test, **data).train.time is None


def test_the_time_that_is_named_stands(make_spec: Callable[..., Spec]) -> None:
    """No other date takes its place."""
    train, test = rows(300, 0, 200), rows(100, 200, 260)
    late = train.with_columns(seen=pl.lit("2019-12-31")), test.with_columns(seen=pl.lit("2019-12-30"))
    found = prepared(make_spec, *late, time="booked")
    assert of(found, "booked")[0] == "time"
    assert not [one for one in found.findings if one.check == "time"]


def test_rows_in_the_order_of_a_date(make_spec: Callable[..., Spec]) -> None:
    """Where the engine draws the test part itself the audit says what that does not judge."""
    every = rows(300, 0, 200).drop(pl.selectors.contains("arrival"))

    def told(frame: pl.DataFrame, **data: object) -> list[str]:
        found = prepare(make_spec({"positive": "yes"}, **data), train=frame)
        return [one.text for one in found.findings if one.check == "time"]

    (text,) = told(every.sort("booked"))
    assert "in the order of 'booked'" in text
    assert 'data.time = ["booked"]' in text
    assert told(every.sort("booked", descending=True)) == [text]
    assert told(every) == []
    assert told(every.sort("booked"), time="booked") == []
    assert told(every.sort("booked"), audit={"keep": ["booked"]}) == []
    assert told(every.with_columns(booked=pl.lit("2020-01-01"))) == []


def test_of_several_dates_the_one_that_parts_best_is_taken(make_spec: Callable[..., Spec]) -> None:
    """Its times in both parts are those of the rows, and the evidence says where they part."""
    spec = make_spec({"positive": "yes"})
    train, test = (part.drop(pl.selectors.contains("arrival")) for part in (rows(300, 0, 200), rows(100, 200, 260)))
    mostly = pl.Series("seen", ["2020-01-01"] * 97 + ["2019-01-01"] * 3)
    train, test = train.with_columns(seen=pl.lit("2019-06-01")), test.with_columns(mostly)
    schema, _ = infer_schema(train, spec)
    later = later_test(schema, train, test, spec.data)
    assert later is not None
    assert later.column == "booked"
    assert (later.train.size, later.test.size) == (300, 100)
    assert later.finding.evidence["share"] == 1.0
    assert later.finding.evidence["first_of_test"] == later.test.min()
    assert later_test(schema, train, test, make_spec(group="x").data) is None
    assert later_test(schema, test, train, spec.data) is None
    assert rows_in_order(schema, train, spec.data) == ()


def test_a_test_part_from_among_train_is_followed_too(make_spec: Callable[..., Spec]) -> None:
    """By a named time test lies among train: folds draw, the audit says so, and how to refuse; the date stays known."""
    train, test = rows(300, 0, 200), rows(100, 0, 200)
    found = prepared(make_spec, train, test, time="booked")
    assert found.train.time is not None
    assert not found.train.by_time
    assert not found.train.take(np.arange(3)).by_time
    (told,) = [one for one in found.findings if one.check == "time"]
    assert told.action == "changed"
    assert "by draws, as test was parted" in told.text
    assert 'name "booked" in data.audit.keep' in told.text
    assert of(found, "booked") == ("time", True)
    grouped = (train.with_columns(g=pl.int_range(pl.len()) // 3), test.with_columns(g=900 + pl.int_range(pl.len())))
    told = prepared(make_spec, *grouped, time="booked", group="g").findings
    assert any("by whole groups, as test was parted" in one.text for one in told)


@pytest.mark.parametrize(
    "more",
    [{"horizon": "1d"}, {"audit": {"keep": ["booked"]}}, {"audit": {"action": "warn"}}],
    ids=["a horizon", "kept", "warn"],
)
def test_a_named_time_may_be_kept(make_spec: Callable[..., Spec], more: dict[str, object]) -> None:
    """The spec overrules what the test part shows."""
    assert prepared(make_spec, rows(300, 0, 200), rows(100, 0, 200), time="booked", **more).train.by_time


@pytest.mark.parametrize(("first", "last"), [(150, 250), (200, 260), (0, 60)])
def test_a_named_time_stands_where_test_is_later_or_earlier(
    make_spec: Callable[..., Spec], first: int, last: int
) -> None:
    """Only a test part that is as often earlier as later was drawn from among train."""
    assert prepared(make_spec, rows(300, 0, 200), rows(100, first, last), time="booked").train.by_time
