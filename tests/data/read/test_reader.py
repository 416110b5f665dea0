"""The reader, value by value."""

from __future__ import annotations

import ast
import json
import math
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.read import reader
from automl.data.read.reader import FIRST, LAST, LAST_FLOAT, read_row, read_value

GOLDEN = json.loads((Path(__file__).parent / "reader_golden.json").read_text())
CASES = [(entry["column"], value, expected) for entry in GOLDEN for value, expected in entry["cases"]]
DATE = {"name": "d", "wire": "date", "missing": [], "parser": {"kind": "date", "format": "iso", "zone": "UTC"}}


def column(wire: str, **more: Any) -> dict[str, Any]:
    return {"name": "c", "wire": wire, "missing": [], "parser": None} | more


def same(got: float | str, expected: float | str | None) -> bool:
    if expected is None:
        return isinstance(got, float) and math.isnan(got)
    return type(got) is type(expected) and got == expected


@pytest.mark.parametrize(("entry", "value", "expected"), CASES)
def test_golden(entry: dict[str, Any], value: str, expected: float | str | None) -> None:
    """Each text of the golden table reads as it says there."""
    assert same(read_value(entry, value), expected)


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (2134, 2134.0, "2134"),
        (2134.0, 2134.0, "2134"),
        (0.5, 0.5, "0.5"),
        (-0.0, 0.0, "0"),
        (1e300, 1e300, "1e+300"),
        (2**53 + 1, float(2**53), "9007199254740993"),
        (10**400, None, str(10**400)),
        (True, 1.0, "true"),
        (np.False_, 0.0, "false"),
        (np.int8(3), 3.0, "3"),
        (np.float32(0.5), 0.5, "0.5"),
        (np.float64(2134.0), 2134.0, "2134"),
        (np.str_("7"), 7.0, "7"),
        (np.array(7), 7.0, "7"),
        (Decimal("2.50"), 2.5, "2.5"),
        (None, None, ""),
        (math.nan, None, ""),
        (math.inf, None, ""),
        (np.float32("-inf"), None, ""),
        (pd.NA, None, ""),
        (pd.NaT, None, ""),
        ("\ud800x", None, "?x"),
    ],
)
def test_scalars(value: object, number: float | None, text: str) -> None:
    """D03, D13, D14: every kind of scalar has one number and one text; infinities and overflows are missing."""
    assert same(read_value(column("number"), value), number)
    assert read_value(column("category"), value) == text


@pytest.mark.parametrize("value", [[1], {"a": 1}, (1,), {1}, b"1", np.array([1]), object()])
@pytest.mark.parametrize("wire", ["number", "category", "date", "flag", "text"])
def test_no_scalar(wire: str, value: object) -> None:
    """D13: a value that is no scalar is an error that names the column, whatever the wire."""
    with pytest.raises(ValueError, match="'c'"):
        read_value(column(wire), value)


def test_date_as_number() -> None:
    """A date in a column of numbers is an error, not a number by chance; as text it is ISO."""
    with pytest.raises(ValueError, match="'c' takes a number"):
        read_value(column("number"), date(2024, 1, 1))
    assert read_value(column("category"), date(2024, 1, 1)) == "2024-01-01"


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
    assert same(read_value(entry, "9999-12-31T23:00:00"), None)


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


@given(st.text(), st.sampled_from([entry["column"] for entry in GOLDEN]))
def test_any_text(text: str, entry: dict[str, Any]) -> None:
    """No text makes the reader fail, and what comes out is a finite number, NaN, or a text that UTF-8 can hold."""
    got = read_value(entry, text)
    if isinstance(got, str):
        got.encode()
    else:
        assert math.isnan(got) or math.isfinite(got)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_round_trip(number: float) -> None:
    """A number and its text are one number (D14: subnormals and the largest too)."""
    assert read_value(column("number"), repr(number)) == number
    assert read_value(column("number"), read_value(column("category"), number)) == number


def test_row() -> None:
    """A row gives the reader's columns and nothing else; a missing one is named."""
    entry = {"columns": [column("number", name="a"), column("category", name="b")]}
    assert read_row(entry, {"b": "x", "a": 1, "more": [1]}) == {"a": 1.0, "b": "x"}
    with pytest.raises(KeyError, match="no column 'b'"):
        read_row(entry, {"a": 1})


def test_stands_alone() -> None:
    """The reader imports the standard library only, so that `score.py` can hold its text."""
    tree = ast.parse(Path(reader.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
