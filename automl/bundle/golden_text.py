"""Cells as files and JSON carry them: a raw value, and a number in the words of its column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from automl.data.read.column_reader import ColumnReader, Parser
from automl.data.read.dates import MONTHS, UNITS

MICROSECONDS = 1_000_000  # of a second
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def written(reader: ColumnReader, number: float) -> str:
    """`number` (of a date: microseconds since 1970 in UTC) as a cell of the column; the reader reads it again."""
    parser = reader["parser"]
    if parser is None:
        return moment({"format": "iso"}, number) if reader["wire"] == "date" else _plain({}, number)
    return WRITERS[parser["kind"]](parser, number)


def raw_cell(value: object) -> str | float | None:
    """A raw value as JSON carries it to the reader."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def moment(parser: Parser, microseconds: float) -> str:
    """A moment in the format and the zone of its column."""
    if "unit" in parser:
        return _plain({}, microseconds / UNITS[parser["unit"]])
    told = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    local = told.astimezone(ZoneInfo(parser.get("zone") or "UTC"))
    if parser["format"] == "iso":
        naive = local.replace(tzinfo=None)
        return naive.date().isoformat() if naive.time() == naive.min.time() else naive.isoformat(" ")
    fields: Mapping[str, str] = {
        "Y": f"{local.year:04}",
        "y": f"{local.year % 100:02}",
        "m": f"{local.month:02}",
        "b": MONTHS[local.month - 1][:3].capitalize(),
        "a": DAYS[local.weekday()],
        "d": f"{local.day:02}",
        "H": f"{(local.hour - 1) % 12 + 1 if '%p' in parser['format'] else local.hour:02}",
        "M": f"{local.minute:02}",
        "S": f"{local.second:02}",
        "f": f"{local.microsecond:06}",
        "p": "AM" if local.hour < 12 else "PM",  # noqa: PLR2004  # noon
        "z": local.strftime("%z"),
    }
    behind = "" if "%H" in parser["format"] or local.time() == local.min.time() else f" {local.time().isoformat()}"
    return re.sub(r"%([YymbadHMSfpz])", lambda field: fields[field[1]], parser["format"]) + behind


def _plain(parser: Parser, number: float) -> str:
    """Fifteen digits, of which none is noise, and no exponent where whole numbers have none."""
    text = str(int(number)) if number == int(number) and abs(number) < 2**53 else f"{number:.15g}"
    return text.replace(".", parser.get("decimal", "."))


def _currency(parser: Parser, number: float) -> str:
    sign = "-" if number < 0 else ""
    return f"{sign}{parser['symbols'][0] if parser['symbols'] else ''}{_plain(parser, abs(number))}"


def _percent(parser: Parser, number: float) -> str:
    return f"{_plain(parser, round(number * 100, 10))}%"


def _unit(parser: Parser, number: float) -> str:
    unit, factor = min(parser["units"].items(), key=lambda pair: abs(pair[1] - 1))
    return f"{_plain(parser, number / factor)} {unit}".rstrip()


WRITERS: Mapping[str, Callable[[Parser, float], str]] = {
    "number": _plain,
    "currency": _currency,
    "percent": _percent,
    "unit": _unit,
    "range": _plain,
    "words": _plain,
    "flag": _plain,
    "duration": _plain,
    "date": moment,
}
