"""Whether test is told from train."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from automl.data.audit.drift import told_apart

DRAW = np.random.default_rng(3)


def rows(n: int, shift: float = 0.0, day: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"x": DRAW.normal(size=n) + shift, "c": DRAW.choice(["a", "b"], n), "day": DRAW.random(n) * 1e6 + day * 1e6}
    )


def test_alike() -> None:
    """Rows of one source are not told apart."""
    assert told_apart(rows(4_000), rows(1_000), by_time=False, dates=(), seed=1) == ()


def test_shifted() -> None:
    """Rows that differ are told apart, by the column that differs; with a split by time that is expected."""
    (found,) = told_apart(rows(4_000), rows(1_000, shift=1.0), by_time=False, dates=(), seed=1)
    assert found.action == "noted"
    assert next(iter(found.evidence["columns"])) == "x"  # type: ignore[call-overload]  # a mapping
    assert "not drawn as train was" in found.text
    (timed,) = told_apart(rows(4_000), rows(1_000, shift=1.0), by_time=True, dates=(), seed=1)
    assert "expected" in timed.text


def test_another_time() -> None:
    """A date that tells test from train asks for data.time."""
    (found,) = told_apart(rows(4_000), rows(1_000, day=1.0), by_time=False, dates=("day",), seed=1)
    assert "set data.time" in found.text


def test_little() -> None:
    """Nothing is said of a few rows or no columns."""
    assert told_apart(rows(4_000), rows(20, shift=9.0), by_time=False, dates=(), seed=1) == ()
    assert told_apart(pl.DataFrame(), pl.DataFrame(), by_time=False, dates=(), seed=1) == ()


@pytest.mark.parametrize("size", [100, 300, 1_000, 3_000, 10_000])
def test_a_draw_is_seldom_told_apart(size: int) -> None:
    """M01, at the split: of 400 tables parted at random the upper bound of the share with an alarm is at most 7 %."""
    rng = np.random.default_rng(size)
    alarms = 0
    for turn in range(400):
        level = rng.choice(["a", "b", "c", "d"], size, p=[0.6, 0.2, 0.15, 0.05])
        frame = pl.DataFrame({"x": rng.normal(size=size), "y": rng.exponential(size=size), "level": level})
        cut = size // 4
        alarms += bool(told_apart(frame[cut:], frame[:cut], by_time=False, dates=(), seed=turn))
    assert binom.cdf(alarms, 400, 0.07) <= 0.05


def test_a_real_shift_of_a_few_rows_is_still_told() -> None:
    """Eighty rows against eighty, a column moved by two standard deviations."""
    rng = np.random.default_rng(0)
    train, test = (pl.DataFrame({"x": rng.normal(shift, size=80)}) for shift in (0.0, 2.0))
    assert len(told_apart(train, test, by_time=False, dates=(), seed=0)) == 1
