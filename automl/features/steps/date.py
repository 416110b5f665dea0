"""Dates become the parts of the calendar (UTC) and a day number that carries the trend.

What is scored comes later than all that was learned. So of the time of the prediction itself the parts that only grow
say nothing but "earlier than now", and trees that split on them learn each era from its own rows alone: they are left
out (docs/decisions/0010). Where the trend does help, `joint.trend` brings it.
"""

from __future__ import annotations

import itertools

import numpy as np

from automl.data.rows import Column
from automl.features.base import Fitted, Sample, Step
from automl.features.plan import Feature
from automl.ops import expr as ops

DAY = 86_400e6  # microseconds
HOUR = 3_600e6
TO_MARCH_0000 = 719_468.0  # days from 0000-03-01 to 1970-01-01
ERA = 146_097.0  # days of 400 years
GROWING = ("year", "day number")  # parts that do not come back


def parts(date: ops.Expr) -> dict[str, ops.Expr]:
    """The parts of `date` (float64 microseconds since 1970 UTC) by name; NaN stays NaN.

    Right for the proleptic Gregorian calendar, years 1 to 9999, by the algorithm of Howard Hinnant
    ("chrono-compatible low-level date algorithms", 2014): years begin in March, so that the leap day is
    the last one. Months and days count from 1, days of the week from Monday = 0, as in Python's datetime.
    """
    # Exact: what is next to a midnight is further from it than the division rounds, in all these years.
    day = _floor(date, DAY)
    era = _floor(day, ERA, plus=TO_MARCH_0000)
    day_of_era = _minus(_plus(day, TO_MARCH_0000), _times(era, ERA))
    year_of_era = _year_of_era(day_of_era)
    day_from_march = _minus(day_of_era, _days_before(year_of_era))
    place = ops.AsIndex(day_from_march, _CALENDAR.shape[0])
    month, of_month, of_year, next_year = (ops.Take(place, _CALENDAR[:, [j]]) for j in range(4))
    leap = ops.Take(ops.AsIndex(year_of_era, _LEAP.shape[0]), _LEAP)
    after_february = _minus(ops.constant(1.0), next_year)
    return {
        "year": ops.Add(ops.Add(year_of_era, _times(era, 400.0)), next_year),
        "month": month,
        "day of month": of_month,
        "day of year": ops.Add(of_year, ops.Multiply(leap, after_february)),
        "day of week": _minus(_plus(day, 3.0), _times(_floor(day, 7.0, plus=3.0), 7.0)),
        "hour": _floor(_minus(date, _times(day, DAY)), HOUR),
        "day number": day,
    }


def _year_of_era(day: ops.Expr) -> ops.Expr:
    """The year 0..399 from March of day 0..146096."""
    without_leap_days = _minus(
        ops.Add(_minus(day, _floor(day, 1_460.0)), _floor(day, 36_524.0)), _floor(day, 146_096.0)
    )
    return _floor(without_leap_days, 365.0)


def _days_before(year: ops.Expr) -> ops.Expr:
    return ops.Add(_times(year, 365.0), _minus(_floor(year, 4.0), _floor(year, 100.0)))


def _floor(of: ops.Expr, by: float, *, plus: float = 0.0) -> ops.Expr:
    return ops.Floor(ops.Divide(_plus(of, plus) if plus else of, ops.constant(by)))


def _plus(of: ops.Expr, number: float) -> ops.Expr:
    return ops.Add(of, ops.constant(number))


def _times(of: ops.Expr, number: float) -> ops.Expr:
    return ops.Multiply(of, ops.constant(number))


def _minus(left: ops.Expr, right: ops.Expr) -> ops.Expr:
    return ops.Subtract(left, right)


def _calendar() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Month, day of month, day of year (of a year without leap day), 1 after the year's end; by day from March.

    The last row is of NaN: `AsIndex` sends a missing date there.
    """
    months = [(3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31)]
    months += [(1, 31), (2, 29)]
    days = itertools.chain.from_iterable(((month, day + 1) for day in range(n)) for month, n in months)
    rows = [
        (month, day, place + 60 if month > 2 else place - 305, float(month <= 2))  # noqa: PLR2004  # 2 is February
        for place, (month, day) in enumerate(days)
    ]
    return np.array([*rows, (np.nan,) * 4])


_CALENDAR = _calendar()
_LEAP = np.array([[float(y % 4 == 0 and (y % 100 != 0 or y == 0))] for y in range(400)] + [[np.nan]])


def _applies(column: Column) -> bool:
    return column.wire == "date"


def _fit(column: Column, _sample: Sample) -> tuple[Fitted, ...]:
    found = features_of(column)
    return tuple(fitted for name, fitted in found.items() if column.role != "time" or name not in GROWING)


def features_of(column: Column) -> dict[str, Fitted]:
    """A feature for each part of a date, by the name of the part."""
    return {
        name: Fitted(feature=Feature(name=f"{column.name}: {name}", kind="number", source=(column.name,), expr=expr))
        for name, expr in parts(ops.Column(column.name)).items()
    }


date = Step(name="date", applies=_applies, fit=_fit)
