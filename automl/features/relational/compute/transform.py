"""Arithmetic and date parts of values at one row."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from automl.features.relational.compute.ranges import Floats
from automl.features.relational.definition import DatePart, TransformOp

SECOND = 1e6  # microseconds
DAY, HOUR, MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
EPOCH = dt.date(1970, 1, 1).toordinal()
FIRST, LAST = (float((dt.date(year, 1, 1).toordinal() - EPOCH) * DAY) for year in (1, 9999))
Moments = NDArray[np.datetime64]
Part = TransformOp | DatePart


def transform(op: TransformOp, of: tuple[Floats, ...], cutoff: Floats, timezone: str) -> Floats:
    """`op` of values [n] (dates in microseconds UTC); what is not finite is missing."""
    with np.errstate(all="ignore"):
        match op:
            case "add":
                result = of[0] + of[1]
            case "subtract":
                result = of[0] - of[1]
            case "divide":
                result = of[0] / of[1]
            case "absolute":
                result = np.abs(of[0])
            case "since":
                result = np.where(of[0] < cutoff, (cutoff - of[0]) / SECOND, np.nan)
            case _:
                result = date_part(op, of[0], timezone)
    return np.where(np.isfinite(result), result, np.nan)


def transform_one(op: TransformOp, of: Sequence[float], cutoff: float, timezone: str) -> float:
    """The same of one row, to the bit."""
    match op:
        case "add":
            result = of[0] + of[1]
        case "subtract":
            result = of[0] - of[1]
        case "divide":
            result = of[0] / of[1] if of[1] else math.nan
        case "absolute":
            result = abs(of[0])
        case "since":
            result = (cutoff - of[0]) / SECOND if of[0] < cutoff else math.nan
        case _:
            result = date_part_of_one(op, of[0], timezone)
    return result if math.isfinite(result) else math.nan


def date_part_of_one(op: Part, date: float, timezone: str) -> float:
    """`date_part` of one row, to the bit."""
    if math.isnan(date):
        return math.nan
    if timezone != "UTC" or not FIRST <= date < LAST:
        return _looked_up(op, date, timezone)
    days, rest = divmod(round(date), DAY)
    match op:
        case "date" | "weekday":
            return float(days if op == "date" else (days + 3) % 7)  # 1970 began on a Thursday
        case "hour":
            return float(rest // HOUR)
        case "minute":
            return float(rest // MINUTE % 60)
        case _:
            found: int = getattr(dt.date.fromordinal(days + EPOCH), op)
            return float(found)


@lru_cache(maxsize=100_000)  # a time zone takes 50 times as long, and histories have their dates again and again
def _looked_up(op: Part, date: float, timezone: str) -> float:
    return float(date_part(op, np.array([date]), timezone)[0])


def date_part(op: str, date: Floats, timezone: str) -> Floats:
    """A part of dates [n] in microseconds UTC, by the clock of `timezone`; of a date the number of its day."""
    with np.errstate(invalid="ignore"):  # what is no date of this world
        moment = np.where(np.isnan(date), 0.0, np.round(date)).astype("datetime64[us]")
    if timezone != "UTC":
        import polars as pl  # it knows all zones; a row by the clock of UTC does not wait for it

        local = pl.Series(moment).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
        moment = local.dt.replace_time_zone(None).to_numpy()
    part = _PARTS[op](moment).astype(np.float64)
    return np.where(np.isnan(date), np.nan, part)


def _count(moment: Moments, unit: str, within: str) -> NDArray[np.int64]:
    """How many of `unit` have passed since the last turn of `within`."""
    passed = moment.astype(f"datetime64[{unit}]") - moment.astype(f"datetime64[{within}]")
    return np.asarray(passed.astype(np.int64))


_PARTS: dict[str, Callable[[Moments], NDArray[np.int64]]] = {
    "year": lambda moment: moment.astype("datetime64[Y]").astype(np.int64) + 1970,
    "date": lambda moment: moment.astype("datetime64[D]").astype(np.int64),
    "month": lambda moment: _count(moment, "M", "Y") + 1,
    "day": lambda moment: _count(moment, "D", "M") + 1,
    "weekday": lambda moment: (moment.astype("datetime64[D]").astype(np.int64) + 3) % 7,  # 1970 began on a Thursday
    "hour": lambda moment: _count(moment, "h", "D"),
    "minute": lambda moment: _count(moment, "m", "h"),
}
