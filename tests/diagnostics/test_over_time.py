"""Savings by period."""

from __future__ import annotations

import numpy as np
import pytest

from automl.diagnostics.over_time import MOST, saving_over_time

DAY = 86_400e6


def test_two_years_are_told_by_month():
    """24 months from 2020 on, each with its mean and interval; a row without a time is left out."""
    time = np.append(np.arange(730) * DAY + 1_577_836_800e6, np.nan)
    saved = np.where(np.arange(731) < 366, 2.0, -1.0)
    found = saving_over_time(saved, time, np.ones(731), None, seed=0)
    assert [one.start for one in found[:2]] == ["2020-01-01", "2020-02-01"]
    assert len(found) == 24
    assert sum(one.rows for one in found) == 730
    assert (found[0].saving, found[-1].saving) == (2_000, -1_000)
    assert found[0].low == pytest.approx(2_000)


def test_the_shortest_period_is_taken_that_is_no_crowd():
    """A month of rows by day; one moment, or no time at all, has no periods. A few rows have no interval."""
    month = saving_over_time(np.ones(300), np.arange(300) * DAY / 10, np.ones(300), None, seed=0)
    assert len(month) == 30 <= MOST
    assert {(one.low, one.high) for one in month} == {(None, None)}
    assert saving_over_time(np.ones(3), np.zeros(3), np.ones(3), None, seed=0) == ()
    assert saving_over_time(np.ones(3), np.full(3, np.nan), np.ones(3), None, seed=0) == ()
