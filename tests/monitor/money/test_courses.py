"""Sequences of bounds hold at all looks, begin anew each week, and are a handful of numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from automl.monitor.money.courses import DAY, KEPT, WEEK, Courses, daily_units, spent
from automl.monitor.money.promise import Range, promise

WITHIN = Range(low=-5.0, high=1.0)
VALUES, SHARES = np.array([1.0, 0.0, -5.0]), np.array([0.5, 0.45, 0.05])
TRUE = float(VALUES @ SHARES)
ALPHA = 0.05


def rows(rng: np.random.Generator, n: int, shares: np.ndarray = SHARES) -> np.ndarray:
    """What rows save that are mostly right, and seldom very wrong."""
    return rng.choice(VALUES, n, p=shares)


def lifetime(rng: np.random.Generator, days: int, *, worse: int | None = None) -> tuple[int | None, Courses]:
    """The day of the alarm in `days` of 50 rows; from the day `worse` on rows save nothing."""
    given, courses = promise(rows(rng, 2_000), WITHIN), Courses()
    least = given.low(ALPHA / 2)
    for day in range(days):
        shares = SHARES if worse is None or day < worse else np.array([0.4, 0.52, 0.08])
        courses = courses.after(rows(rng, 50, shares), np.full(50, day * DAY + 1.0), given)
        if min(bound.high for bound in courses.bounds(given, ALPHA / 2)) < least:
            return day, courses
    return None, courses


def test_a_life_without_a_change_seldom_has_an_alarm():
    """M01: of 60 lifetimes of 40 daily looks at most a few alarm; a test at the same level each day does in many."""
    rng = np.random.default_rng(0)
    alarms = sum(lifetime(rng, 40)[0] is not None for _ in range(60))
    n = 50 * np.arange(1, 41)
    days = rows(rng, 60 * 40 * 50).reshape(60, 40, 50)
    means, squares = (np.cumsum(each.sum(axis=2), axis=1) / n for each in (days, days**2))
    fixed = means + 1.645 * np.sqrt((squares - means**2) / n) < TRUE
    assert alarms <= 6  # a binomial of 60 lives at 5 % exceeds this in 3 %
    assert fixed.any(axis=1).sum() > 9


def test_a_fallen_saving_is_found():
    """Where the saving falls from 0.25 to 0 on day 20, most lives have their alarm within 60 days of it."""
    rng = np.random.default_rng(1)
    found = [lifetime(rng, 81, worse=20)[0] for _ in range(15)]
    days = [day for day in found if day is not None]
    assert len(days) >= 12
    assert min(days) >= 20


def test_bounds_hold_the_running_mean_at_all_looks():
    """Over 200 looks all bounds of all sequences hold the true mean, and the first one's grow narrow."""
    rng = np.random.default_rng(2)
    given, courses, widths = promise(rows(rng, 2_000), WITHIN), Courses(), []
    for day in range(200):
        courses = courses.after(rows(rng, 50), np.full(50, float(day * DAY)), given)
        bounds = courses.bounds(given, ALPHA / 2)
        assert all(bound.low <= TRUE <= bound.high for bound in bounds)
        widths.append(bounds[0].high - bounds[0].low)
    assert widths[-1] < widths[10] / 3
    assert widths[-1] < 0.15


def test_each_week_another_sequence_begins_and_state_stays_small():
    """The k-th may spend 6 alpha / (pi k)^2; the first and the youngest are kept, so that state has a bound."""
    given, courses = promise(rows(np.random.default_rng(3), 500), WITHIN), Courses()
    for week in range(60):
        courses = courses.after(np.ones(3), np.full(3, float(week * WEEK)), given)
    numbers = [course.number for course in courses.running]
    assert numbers == [1, *range(61 - KEPT, 61)]
    assert sum(spent(number, ALPHA) for number in range(1, 100_000)) == pytest.approx(ALPHA, rel=1e-4)


def test_many_days_at_once_are_as_many_looks():
    """What is counted in one go is what is counted day by day, and no row is counted twice."""
    rng = np.random.default_rng(4)
    given, values = promise(rows(rng, 500), WITHIN), rows(rng, 900)
    time = np.sort(rng.uniform(0, 30 * DAY, 900))
    whole = Courses().after(values, time, given)
    parts = Courses()
    for day in range(30):
        today = np.floor(time / DAY) == day
        parts = parts.after(values[today], time[today], given)
    assert whole == parts
    assert whole.after(values, time, given) == whole


def test_state_is_plain_json():
    """It comes back as it was, before the first row too; what is no state is refused."""
    given = promise(np.array([1.0, 0.0, 1.0]), WITHIN)
    for courses in (Courses(), Courses().after(np.array([1.0, -5.0]), np.array([5.0, 6.0]), given)):
        assert Courses.from_json(json.loads(json.dumps(courses.to_json()))) == courses
    with pytest.raises(TypeError, match="a list"):
        Courses.from_json({"until": None, "running": 3})


def test_rows_of_one_group_and_day_are_one_unit():
    """The unit is the group's mean on a day; without groups it is the row; the time is that of the last."""
    values, time = np.array([1.0, 0.0, 0.5, 0.3]), np.array([1.0, 2.0, DAY + 1.0, 3.0])
    units, when = daily_units(values, time, np.array([7, 7, 7, 9]))
    assert units.tolist() == [0.5, 0.3, 0.5]
    assert when.tolist() == [2.0, 3.0, DAY + 1.0]
    assert daily_units(values, time, None)[0] is values


def test_damage_in_late_rows_is_not_drowned_by_old_ones():
    """After 150 good days the youngest sequences alarm, long before the mean of all days is so low."""
    rng = np.random.default_rng(5)
    day, courses = lifetime(rng, 230, worse=150)
    assert day is not None
    given = replace(promise(rows(rng, 2_000), WITHIN), saving=TRUE)
    first, *_, last = courses.bounds(given, ALPHA / 2)
    assert first.mean > last.mean
