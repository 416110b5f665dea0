"""Dates whose year, month and day stand in columns of their own."""

from __future__ import annotations

import polars as pl
import pytest

from automl.data.infer.column_types import guess
from automl.data.infer.date_parts import date_finding, dates_of_parts
from automl.data.read.frames import join_parts, read_column
from automl.data.rows import Column


def features(raw: pl.DataFrame) -> list[Column]:
    """Every column as a feature."""
    guessed = [(series.name, guess(series)) for series in raw]
    return [one.column(name, "feature", one.reason) for name, one in guessed if one]


def dates(raw: pl.DataFrame) -> list[Column]:
    return dates_of_parts(features(raw), raw, "UTC")


@pytest.mark.parametrize("months", [["January", "July", "December"], [1, 7, 12]])
def test_year_month_and_day_give_a_date(months: list) -> None:
    """By the month's name or its number; the parts stand in its reader, and it is told."""
    raw = pl.DataFrame({"sale_year": [2015, 2016, 2015], "sale_month": months, "sale_day": [3, 14, 28]})
    (date,) = dates(raw)
    assert (date.name, date.wire, date.role) == ("sale_date", "date", "feature")
    assert date.cells == ("sale_year", "sale_month", "sale_day")
    assert read_column(date.reader, join_parts(raw, date.cells, date.name))[0] == 1420243200e6
    assert date_finding(date).evidence == {"parts": ["sale_year", "sale_month", "sale_day"]}


def test_year_and_month_are_enough() -> None:
    """It is the first of the month."""
    raw = pl.DataFrame({"year": [2015], "month": [2]})
    (date,) = dates(raw)
    assert date.name == "date"
    assert read_column(date.reader, join_parts(raw, date.cells, date.name))[0] == 1422748800e6


@pytest.mark.parametrize(
    "raw",
    [
        {"sale_year": [2015], "sale_month": [2], "sale_day": [30]},
        {"sale_year": [2015], "sale_day": [3]},
        {"sale_year": [2015], "ship_month": [2]},
        {"year": ["last"], "month": ["May"]},
    ],
)
def test_what_is_no_date_gives_none(raw: dict[str, list]) -> None:
    """A day that is not there, a part that lacks, parts of two dates, words."""
    assert dates(pl.DataFrame(raw)) == []


def test_a_name_that_is_taken_is_not_taken_twice() -> None:
    """The date that is whole says so."""
    raw = pl.DataFrame({"sale_year": [2015], "sale_month": [2], "sale_date": ["x"]})
    assert [date.name for date in dates(raw)] == ["sale_date, whole"]
