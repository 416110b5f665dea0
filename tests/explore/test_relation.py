"""The target by ranges and levels: every row in one bin, what is missing in its own."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column
from automl.explore.relation import relation, wilson
from automl.task import Task

BINARY, NUMBER = Task(kind="binary", classes=2), Task(kind="regression")
READER = {"name": "a", "wire": "number", "missing": (), "parser": None}
COLUMN = Column(name="a", wire="number", role="feature", reason="", is_feature=True, reader=READER)


def test_ranges_hold_all_rows_and_missing_comes_last() -> None:
    """Ten ranges of equally many rows, then what is missing; the share of positives rises with the column."""
    x = np.array([*np.arange(1000.0), *[math.nan] * 50])
    y = (np.nan_to_num(x) > 500).astype(float)
    found = relation(pl.Series("a", x), COLUMN, y, BINARY)
    assert [one.rows for one in found] == [100] * 10 + [50]
    assert (found[0].value, found[9].value, found[10].name) == (0.0, 1.0, "missing")
    assert all(one.low <= one.value <= one.high for one in found)


def test_a_value_of_most_rows_stands_alone() -> None:
    """Counts that are mostly zero: zero, then ranges of what is left, that still tell how the target rises."""
    x = np.repeat([0.0, *range(1, 31)], [9_400, *[20] * 30])
    found = relation(pl.Series("a", x), COLUMN, (x > 12).astype(float), BINARY)
    assert (found[0].name, found[0].rows) == ("0", 9_400)
    assert [one.name for one in found[1:3]] == ["1 to 4", "5 to 8"]
    assert len(found) == 10
    assert sum(one.rows for one in found) == x.size
    middle = relation(
        pl.Series("a", [*np.arange(40.0), *[40.5] * 900, *np.arange(41.0, 101.0)]), COLUMN, np.zeros(1000), BINARY
    )
    assert [one.rows for one in middle if one.name == "40.5"] == [900]


def test_the_mean_of_a_number_has_its_interval() -> None:
    """1.96 standard errors to each side."""
    y = np.tile([0.0, 2.0], 50)
    (one,) = relation(pl.Series("a", ["l"] * 100), COLUMN, y, NUMBER)
    assert one.value == 1.0
    assert one.high - one.value == pytest.approx(1.96 * y.std(ddof=1) / 10, rel=1e-3)


def test_few_rows_say_nothing() -> None:
    """A level of four rows has no bin."""
    found = relation(pl.Series("a", ["often"] * 20 + ["rare"] * 4), COLUMN, np.arange(24.0) % 2, BINARY)
    assert [one.name for one in found] == ["often"]


@pytest.mark.parametrize(("share", "rows"), [(0.0, 5), (1.0, 5), (0.5, 1000), (0.01, 100)])
def test_the_interval_of_a_share_holds_it(share: float, rows: int) -> None:
    """Within 0 and 1, and never a point: Wilson's."""
    low, high = wilson(share, rows)
    assert 0 <= low <= share <= high <= 1
    assert low < high
