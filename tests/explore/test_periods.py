"""A column by time: stretches of equal length, without those that have few rows."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from automl.explore.periods import DAY, STRETCHES, periods, shares, stretches

TIME = np.arange(240.0) * DAY


def test_a_column_that_ends_is_seen() -> None:
    """The share of missing is 0 before and 1 after, and the quartiles are of what is there."""
    values = np.where(np.arange(240) < 120, np.arange(240.0), math.nan)
    found = periods(pl.Series("a", values), stretches(TIME))
    assert len(found) == STRETCHES
    assert [one.missing for one in found] == [0.0] * 12 + [1.0] * 12
    assert found[0].low < found[0].median < found[0].high < found[1].low
    assert math.isnan(found[-1].median)


def test_of_a_category_the_most_frequent_level_is_followed() -> None:
    """Its share of the rows with a value."""
    found = periods(pl.Series("a", ["new" if i > 99 else "old" for i in range(240)]), stretches(TIME))
    assert (found[0].median, found[-1].median) == (0.0, 1.0)


def test_the_share_of_positives_has_an_interval() -> None:
    """Low and high are around it."""
    found = shares((np.arange(240) % 2).astype(float), stretches(TIME))
    assert all(one.low < one.median == 0.5 < one.high for one in found)


def test_without_a_time_there_are_no_stretches() -> None:
    """None, one moment for all, or no moment that is known."""
    for time in (None, np.zeros(50), np.full(50, math.nan)):
        assert periods(pl.Series("a", np.zeros(50)), stretches(time)) == ()
