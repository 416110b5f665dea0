"""What is written for a golden row reads as the number that it was written for."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from automl.bundle.golden_text import MICROSECONDS, written
from automl.data.read.column_reader import ColumnReader, Parser, Wire
from automl.data.read.reader import read_value

NUMBERS: dict[str, Parser | None] = {
    "plain": None,
    "comma": {"kind": "number", "decimal": ",", "group": "."},
    "grouped": {"kind": "number", "group": ","},
    "currency": {"kind": "currency", "symbols": ["$"], "group": ","},
    "currency behind": {"kind": "currency", "symbols": ["€"], "decimal": ","},
    "percent": {"kind": "percent"},
    "unit": {"kind": "unit", "units": {"weeks": 7.0, "days": 1.0, "": 1.0}},
    "large units": {"kind": "unit", "units": {"k": 1e3, "m": 1e6}, "symbols": ["$"]},
    "range": {"kind": "range", "symbols": ["years"]},
    "words": {"kind": "words", "words": {"one": 1.0}},
}
FORMATS = ("iso", "%d.%m.%Y", "%m/%d/%Y %H:%M", "%b %d, %Y %H:%M %p", "%a %d %b %Y", "%Y%m%d", "%d/%m/%y")


def entry(wire: Wire, parser: Parser | None) -> ColumnReader:
    """How a column is read."""
    return {"name": "x", "wire": wire, "missing": [""], "parser": parser}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("number", [0.0, 7.0, 1234.5, 0.125, 1_234_567.0])
def test_a_number_reads_as_itself(name: str, number: float) -> None:
    """In each way in which a column may write its numbers."""
    reader = entry("number", NUMBERS[name])
    assert read_value(reader, written(reader, number)) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize("name", ["plain", "comma", "grouped", "currency", "currency behind", "percent", "unit"])
def test_a_number_below_zero_reads_as_itself(name: str) -> None:
    """A sign stands where the column's reader looks for it."""
    reader = entry("number", NUMBERS[name])
    assert read_value(reader, written(reader, -42.5)) == pytest.approx(-42.5)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_a_day_reads_as_itself(form: str, zone: str) -> None:
    """In each format, at midnight of its zone."""
    for month in (1, 7):
        reader = entry("date", {"kind": "date", "format": form, "zone": zone})
        told = read_value(reader, written(reader, _midnight(zone, month)))
        assert told == _midnight(zone, month)


def test_a_moment_reads_as_itself() -> None:
    """With the parts of a second, an offset, the two halves of a day, and as a number since 1970."""
    moment = datetime(2023, 11, 5, 17, 30, 15, 250_000, tzinfo=UTC).timestamp() * MICROSECONDS
    whole = moment - 250_000
    for form, at in (
        ("iso", moment),
        ("%Y-%m-%dT%H:%M:%S.%f%z", moment),
        ("%d.%m.%Y", moment),
        ("%b %d, %Y", whole),
        ("%d.%m.%Y %H:%M:%S", whole),
        ("%d.%m.%Y %H:%M:%S %p", whole),
    ):
        reader = entry("date", {"kind": "date", "format": form, "zone": "UTC"})
        assert read_value(reader, written(reader, at)) == at, form
    for unit in ("s", "ms", "us"):
        reader = entry("date", {"kind": "date", "unit": unit})  # type: ignore[typeddict-item]  # one of the units
        assert read_value(reader, written(reader, whole)) == whole
    assert read_value(entry("date", None), written(entry("date", None), moment)) == moment


def _midnight(zone: str, month: int) -> float:
    return datetime(2024, month, 9, tzinfo=ZoneInfo(zone)).timestamp() * MICROSECONDS
