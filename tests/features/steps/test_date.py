"""Dates: every part equals Python's own calendar, from year 1 to 9999."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.rows import Column
from automl.features.base import Sample
from automl.features.steps.date import date as date_step
from automl.features.steps.date import parts
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTS = parts(ops.Column("d"))


def micros(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


def expected(moment):
    return {
        "year": moment.year,
        "month": moment.month,
        "day of month": moment.day,
        "day of year": moment.timetuple().tm_yday,
        "day of week": moment.weekday(),
        "hour": moment.hour,
        "day number": moment.toordinal() - date(1970, 1, 1).toordinal(),
    }


def found(values):
    result = evaluate(PARTS, pl.DataFrame({"d": np.asarray(values, dtype=float)}))
    return {name: value[:, 0] for name, value in result.items()}


def check(moments):
    values = found([micros(moment) for moment in moments])
    wanted = [expected(moment) for moment in moments]
    for name in PARTS:
        np.testing.assert_array_equal(values[name], [row[name] for row in wanted], err_msg=name)


@given(
    st.lists(
        st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)), min_size=1, max_size=50
    )
)
def test_any_second_of_the_calendar(moments):
    """Any whole second from year 1 to 9999 has the parts that Python gives it (float64 holds each exactly)."""
    check(moments)


def test_turns_of_years_and_months():
    """The first and last second of each February, March and year, in all years, leap or not."""
    days = [
        day
        for year in range(1, 10_000)
        for day in ((year, 1, 1), (year, 2, 28 + calendar.isleap(year)), (year, 3, 1), (year, 12, 31))
    ]
    check([datetime(*day, tzinfo=UTC) for day in days])
    check([datetime(*day, 23, 59, 59, tzinfo=UTC) for day in days])


@given(st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_any_microsecond_of_three_centuries(moment):
    """Where float64 holds each microsecond (1684 to 2255), the last one before midnight is still that day."""
    check([moment, moment.replace(hour=23, minute=59, second=59, microsecond=999_999)])


def test_next_to_midnight():
    """The largest number below a midnight, in any year from 1 to 9999, is the last hour of the day before."""
    days = np.arange(-719_162, 2_932_896, 13)
    midnights = days * 86_400e6
    for moments, day, hour in ((midnights, days, 0), (np.nextafter(midnights, -np.inf), days - 1, 23)):
        values = found(moments)
        whole = moments == np.floor(moments)  # next to 1970 the neighbour is a fraction of a microsecond away
        np.testing.assert_array_equal(values["day number"][whole], day[whole])
        assert (values["hour"][whole] == hour).all()


@pytest.mark.parametrize("name", PARTS)
def test_missing_stays_missing(name):
    """A missing date has no parts."""
    assert np.isnan(found([np.nan])[name]).all()


@pytest.mark.parametrize(
    ("role", "growing"), [("feature", ["birth: year", "birth: day number"]), ("time", [])], ids=["any date", "the time"]
)
def test_the_time_of_the_prediction_has_no_parts_that_only_grow(role, growing):
    """Every row that will be scored is later than all that were learned: its year and day number tell nothing."""
    column = Column(name="birth", wire="date", role=role, reason="", is_feature=True, reader={})
    frame = pl.DataFrame({"birth": np.arange(10) * 1e15})
    sample = Sample(frame=frame, y=np.zeros(10), weight=None, task=Task(kind="regression"), folds=(), seed=0)
    names = [fitted.feature.name for fitted in date_step.fit(column, sample)]
    assert [name for name in names if name in {"birth: year", "birth: day number"}] == growing
    assert {"birth: month", "birth: day of week", "birth: hour"} <= set(names)
