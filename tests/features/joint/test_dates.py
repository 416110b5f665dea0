"""Dates beyond the calendar, by hand: a Saturday in June, and the days between two dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.features.base import Survey
from automl.features.joint.dates import DATES, dates
from automl.task import Task

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wire(*times):
    """Microseconds since 1970, as dates are read; None is missing."""
    cells = [np.nan if time is None else (time - EPOCH) / timedelta(microseconds=1) for time in times]
    return pl.DataFrame({"day": cells}, schema={"day": pl.Float64})


@pytest.fixture
def parts(make_column, make_sample, values_on):
    """The features of one date on rows, by what they say."""
    found = dates.fit([make_column("day", "date")], make_sample(wire(None)))
    return lambda rows: {one.feature.name.removeprefix("day: "): values_on(one, rows) for one in found}


def test_a_saturday_in_june(parts):
    """15 June 2024, 13:45: the weekend, minute 825, the 24th week (0 is the first), angles of a circle."""
    found = parts(wire(datetime(2024, 6, 15, 13, 45, 59, tzinfo=UTC)))
    assert found["weekend"].tolist() == [1.0]
    assert found["minute of day"].tolist() == [825.0]
    assert found["week"].tolist() == [23.0]
    for part, share in {"hour": 13 / 24, "day of week": 5 / 7, "month": 5 / 12, "day of year": 166 / 366}.items():
        assert found[f"sine of {part}"] == pytest.approx([np.sin(2 * np.pi * share)])
        assert found[f"cosine of {part}"] == pytest.approx([np.cos(2 * np.pi * share)])


def test_midnight_is_beside_the_hour_before(parts):
    """The point of a cycle: 23 o'clock is as near to 0 as 1 o'clock is, and December as near to January."""
    found = parts(wire(*(datetime(2023, 1, 1, hour, tzinfo=UTC) for hour in (23, 0, 1))))
    points = np.column_stack([found["sine of hour"], found["cosine of hour"]])
    before, after = np.linalg.norm(points[0] - points[1]), np.linalg.norm(points[2] - points[1])
    assert before == pytest.approx(after)


def test_a_missing_date_says_nothing(parts):
    """Every part of a missing date is missing: it is no Monday and no weekday."""
    assert all(np.isnan(values).all() for values in parts(wire(None)).values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)  # the features stay the same
@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001  # bounds of the strategy are naive
def test_any_time_has_the_parts_of_pythons_calendar(parts, time):
    """From year 1 to 9999, also before 1970: weekend, week of the year and minute of the day are Python's."""
    time = time.replace(microsecond=0)  # a float has no microseconds so far from 1970
    found = parts(wire(time))
    assert found["weekend"].tolist() == [float(time.weekday() >= 5)]
    assert found["week"].tolist() == [float((time.timetuple().tm_yday - 1) // 7)]
    assert found["minute of day"].tolist() == [60.0 * time.hour + time.minute]
    assert found["sine of day of week"] == pytest.approx([np.sin(2 * np.pi * time.weekday() / 7)], abs=1e-12)


def test_two_dates_are_days_apart(make_column, make_sample, values_on):
    """From the second to the first, parts of days too; negative if the first is earlier, missing if one is."""
    day = 86_400e6
    rows = pl.DataFrame({"due": [3.5 * day, 0.0, np.nan, day], "day": [day, 2 * day, day, np.nan]})
    (found,) = dates.fit([make_column("due", "date"), make_column("day", "date")], make_sample(rows))
    assert (found.feature.name, found.feature.source) == ("due: days since day", ("due", "day"))
    np.testing.assert_array_equal(values_on(found, rows), [2.5, -2.0, np.nan, np.nan])


def test_each_date_and_each_pair_is_proposed(make_column):
    """The weightiest dates alone, then in pairs; no other wire, and never more than so many."""

    def proposed(columns, weight):
        task = Task(kind="regression")
        survey = Survey(columns=tuple(columns), frame=pl.DataFrame(), task=task, weight=weight, together={})
        return [ask.columns for ask in dates.propose(survey)]

    columns = [make_column("a", "date"), make_column("x"), make_column("b", "date")]
    assert proposed(columns, {"b": 1.0}) == [("b",), ("a",), ("b", "a")]
    assert proposed(columns[1:2], {}) == []
    many = proposed([make_column(f"d{i}", "date") for i in range(20)], {})
    assert len(many) == DATES + DATES * (DATES - 1) // 2
