"""When each row's prediction is made, from one column or several (year, month, day; a date and an hour)."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.infer.column_types import Guess, guess
from automl.data.infer.unread_times import WRITTEN, example_of
from automl.data.read.dates import MONTHS
from automl.data.read.frames import read_column
from automl.errors import DataError
from automl.spec.data import Data

DAY = 86_400e6
MOST = 0.5  # share of rows that must have a time
PARTS = (DAY, DAY / 24, DAY / 1_440, 1e6)  # a day, an hour, a minute, a second in microseconds


def row_times(raw: pl.DataFrame, data: Data) -> NDArray[np.float64] | None:
    """Microseconds of UTC for each row (NaN where missing), None if the spec names no time.

    Of several columns the first is a date (hour, minute, second follow) or a year (month, day, hour ... follow).
    Whole numbers that are neither years nor dates are taken as days: what counts is their order.
    Raises DataError where more than half of the rows have no time.
    """
    if not data.time:
        return None
    first = raw[data.time[0]]
    time = _one(first, data.timezone)
    rest = [_part(raw[name]) for name in data.time[1:]]
    if rest and (is_year := _is_year(first)):
        months = np.clip(np.nan_to_num(rest[0], nan=1.0), 1, 12) - 1
        years = np.nan_to_num(_part(first), nan=1970.0).astype(np.int64) - 1970
        since = (years * 12 + months.astype(np.int64)).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        time = np.where(np.isnan(_part(first)) | np.isnan(rest[0]), np.nan, since * DAY)
        rest = rest[1:]
    for part, size in zip(rest, PARTS[0 if rest and is_year else 1 :], strict=False):
        one_based = 1.0 if size == DAY else 0.0
        time = time + (part - one_based) * size
    if np.isnan(time).mean() > MOST:
        example = example_of(first)
        such = f", such as {example!r}" if example else ""
        raise DataError(
            f"most rows have no time that can be read{such}", where=f"data.time {list(data.time)}", hint=WRITTEN
        )
    return time


def _one(series: pl.Series, zone: str) -> NDArray[np.float64]:
    as_date = guess(series, zone=zone, wire="date")
    if as_date is None:
        raise DataError(f"{series.dtype} is no time", where=series.name)
    time = _read(series, as_date)
    if np.isnan(time).mean() <= MOST:
        return time
    number = _part(series)
    if np.isfinite(number).mean() <= MOST:
        return time
    again = guess(pl.Series(series.name, number, nan_to_null=True), zone=zone, wire="date")
    dated = _read(pl.Series(series.name, number, nan_to_null=True), again) if again else time
    return dated if np.isnan(dated).mean() <= MOST else number * DAY


def _is_year(series: pl.Series) -> bool:
    number = _part(series)
    known = number[np.isfinite(number)]
    return known.size > 0 and bool(((known >= 1000) & (known <= 9999)).all())  # noqa: PLR2004  # four digits


def _part(series: pl.Series) -> NDArray[np.float64]:
    """The column as numbers, the names of months as 1 to 12."""
    number = _read(series, guess(series, wire="number") or Guess(wire="number", reason=""))
    if series.dtype != pl.String or np.isfinite(number).any():
        return number
    low = series.str.strip_chars().str.to_lowercase()
    names = {
        text: float(at)
        for text in low.drop_nulls().unique()
        for at, month in enumerate(MONTHS, 1)
        if len(text) > 2 and month.startswith(text)  # noqa: PLR2004  # "ma" is March or May
    }
    return low.replace_strict(names, default=None, return_dtype=pl.Float64).fill_null(float("nan")).to_numpy()


def _read(series: pl.Series, guessed: Guess) -> NDArray[np.float64]:
    if guessed.wire == "number" and isinstance(series.dtype, pl.Date | pl.Datetime):
        return np.full(len(series), np.nan)
    return read_column(guessed.reader(series.name), series).to_numpy().astype(np.float64)
