"""Dates that stand as numbers: years, yyyymmdd, or time since 1970 in a unit that its size tells."""

from __future__ import annotations

import polars as pl

from automl.data.read.column_reader import Parser, Unit
from automl.data.read.dates import UNITS

FIRST_DAY, LAST_DAY = 19_000_101, 20_991_231  # whole numbers between may be dates
FIRST_EPOCH, LAST_EPOCH = 631_152_000, 4_102_444_800  # the years 1990 to 2100 in seconds


def since_1970(series: pl.Series) -> Unit | None:
    """The unit in which all numbers are times of the years 1990 to 2100."""
    low, high = series.min(), series.max()
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    inside = (
        unit for unit, size in UNITS.items() if low * size / 1e6 >= FIRST_EPOCH and high * size / 1e6 <= LAST_EPOCH
    )
    return next(inside, None)


def eight_digits(series: pl.Series) -> bool:
    """Whether all are whole numbers between 19000101 and 20991231, which may be days."""
    low, high = series.min(), series.max()
    return isinstance(low, int) and isinstance(high, int) and low >= FIRST_DAY and high <= LAST_DAY


def date_of_number(series: pl.Series, zone: str) -> Parser:
    """Years, yyyymmdd, or time since 1970: the unit is told by the size."""
    middle = float(series.cast(pl.Float64).abs().median() or 0.0)  # type: ignore[arg-type]  # of floats
    sizes: tuple[tuple[float, Parser], ...] = (
        (1e4, _written("%Y", zone)),
        (1e8, _written("%Y%m%d", zone)),
        (1e11, {"kind": "date", "unit": "s"}),
        (1e14, {"kind": "date", "unit": "ms"}),
    )
    largest: Parser = {"kind": "date", "unit": "us"}
    return next((parser for size, parser in sizes if middle < size), largest)


def _written(form: str, zone: str) -> Parser:
    return {"kind": "date", "format": form, "zone": zone}
