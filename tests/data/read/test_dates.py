"""Dates and moments, whatever they are written as."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.read.dates import FIRST, LAST, LAST_FLOAT, date_pattern, moment_of
from automl.data.read.reader import read_value

DATE: Any = {"name": "d", "wire": "date", "missing": [], "parser": {"kind": "date", "format": "iso", "zone": "UTC"}}


@pytest.mark.parametrize(
    "value",
    [
        datetime(2014, 10, 13, 10, 30),  # noqa: DTZ001  # naive on purpose
        datetime(2014, 10, 13, 10, 30, tzinfo=UTC),
        datetime(2014, 10, 13, 12, 30, tzinfo=timezone(timedelta(hours=2))),
        np.datetime64("2014-10-13T10:30"),
        np.datetime64("2014-10-13T10:30:00", "ns"),
        pd.Timestamp("2014-10-13 10:30"),
    ],
)
def test_moments(value: object) -> None:
    """Dates of Python, numpy and pandas are the same microseconds of UTC."""
    assert read_value(DATE, value) == 1413196200e6


def test_zone() -> None:
    """A naive time is of the column's zone; an hour that daylight saving skips has the offset before it."""
    entry = DATE | {"parser": {"kind": "date", "format": "iso", "zone": "America/New_York"}}
    assert read_value(entry, date(2014, 10, 13)) == 1413158400e6 + 4 * 3600e6
    assert read_value(entry, "2014-10-13T00:00:00Z") == 1413158400e6
    assert read_value(entry, "2024-03-10 02:30:00") == 1710055800e6
    assert math.isnan(read_value(entry, "9999-12-31T23:00:00"))


@given(st.datetimes(timezones=st.none() | st.timezones()))
def test_any_date(moment: datetime) -> None:
    """D08: any date of Python is microseconds of UTC between the years 1 and 9999, or missing; never an error."""
    got = read_value(DATE, moment)
    assert isinstance(got, float)
    if math.isnan(got):
        assert moment.utcoffset()
    else:
        exact = moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta()) - datetime(1970, 1, 1)  # noqa: DTZ001  # naive
        micros = exact // timedelta(microseconds=1)
        assert FIRST <= micros <= LAST
        assert got == float(min(micros, LAST_FLOAT)) < LAST


@pytest.mark.parametrize(
    ("form", "text", "iso"),
    [
        ("%d/%m/%Y", "31/12/2014", "2014-12-31T00:00"),
        ("%d %b %Y %H:%M", "3 September 2014 07:05", "2014-09-03T07:05"),
        ("%m/%d/%y %H:%M %p", "1/2/69 12:30 am", "1969-01-02T00:30"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2014-01-02T03:04:05.25+02:00", "2014-01-02T01:04:05.250"),
    ],
)
def test_formats(form: str, text: str, iso: str) -> None:
    """Fields of a format are read as POSIX has them: months by name, two digits of a year, a clock of twelve hours."""
    want = np.datetime64(iso, "us").astype(np.int64)
    assert moment_of({"kind": "date", "format": form, "zone": "UTC"}, text) == want
    assert date_pattern(form).fullmatch(text)


@pytest.mark.parametrize("text", ["30/02/2014", "1/13/2014", "31.12.2014", "31/12/2014 ", ""])
def test_what_is_no_date_is_missing(text: str) -> None:
    """A day that no month has, another order, another sign: missing, and no error."""
    assert math.isnan(moment_of({"kind": "date", "format": "%d/%m/%Y", "zone": "UTC"}, text))


@pytest.mark.parametrize(("unit", "number"), [("s", 1.5), ("ms", 1_500), ("us", 1_500_000), ("ns", "1500000000")])
def test_numbers_since_1970(unit: Any, number: float | str) -> None:
    """Seconds to nanoseconds, as numbers or as text, are the same moment; a date is itself, an infinity none."""
    assert moment_of({"kind": "date", "unit": unit}, number) == 1_500_000
    assert moment_of({"kind": "date", "unit": unit}, date(1970, 1, 2)) == 86_400_000_000
    assert math.isnan(moment_of({"kind": "date", "unit": unit}, math.inf))
