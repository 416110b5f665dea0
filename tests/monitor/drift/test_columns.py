"""Which columns moved, and which slip of the pen explains it (M02)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.monitor.drift.bounds import Care
from automl.monitor.drift.columns import moved
from automl.monitor.drift.reference import Levels, numbers_from

CARE = Care(alpha=0.01, bounds=20, now=1_000.0, then=5_000.0)
DRAW = np.random.default_rng(4)
THEN = DRAW.lognormal(3.0, 0.3, 5_000)
NOW = DRAW.lognormal(3.0, 0.3, 1_000)
SEX = Levels(shares={"f": 0.3, "m": 0.7}, others=0.0)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(100.0, "multiplied by 100"), (0.001, "divided by 1,000"), (3.280839895, "metres, feet"), (-1.0, "negative")],
)
def test_a_unit_that_changed_is_told(factor: float, said: str) -> None:
    """Whatever it was multiplied by, if that is a factor between units."""
    (found,) = moved(pl.DataFrame({"x": NOW * factor}), {"x": numbers_from(THEN)}, CARE, delta=0.1)
    assert found.slip
    assert said in found.slip


def test_a_drift_is_no_slip() -> None:
    """Where half of the rows grew by a third no unit explains it."""
    rows = pl.DataFrame({"x": np.where(np.arange(1_000) % 2, NOW, NOW * 1.4)})
    (found,) = moved(rows, {"x": numbers_from(THEN)}, CARE, delta=0.1)
    assert found.slip is None
    assert 0.1 < found.least < found.distance


def test_levels_that_were_exchanged_are_told() -> None:
    """What was 30 % is 70 %, and the other way round."""
    rows = pl.DataFrame({"sex": ["f"] * 700 + ["m"] * 300})
    (found,) = moved(rows, {"sex": SEX}, CARE, delta=0.1)
    assert found.slip == "as if 'm' and 'f' were exchanged"


def test_what_moved_little_is_not_told() -> None:
    """More rows do not make more of it."""
    rows = pl.DataFrame({"x": NOW * 1.02, "sex": ["f"] * 330 + ["m"] * 670})
    sure = Care(alpha=0.01, bounds=20, now=1e9, then=1e9)
    assert not list(moved(rows, {"x": numbers_from(THEN), "sex": SEX}, sure, delta=0.1))


def test_the_farthest_is_told_first() -> None:
    """In the order of what is sure."""
    rows = pl.DataFrame({"x": NOW * 1.4, "sex": ["f"] * 1_000})
    found = list(moved(rows, {"x": numbers_from(THEN), "sex": SEX}, CARE, delta=0.1))
    assert [each.least for each in found] == sorted((each.least for each in found), reverse=True)
    assert {each.column for each in found} == {"x", "sex"}
