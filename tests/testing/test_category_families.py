"""The families of codes are what they say they are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.task import Task
from automl.testing._category_families import FULL, SHARE, Family, draw

NUMBER = Task(kind="regression")


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_cells_of_each_combination_are_filled(order):
    """Cells with at least 20 rows hold 80 % of the rows, whatever number of codes meets in them."""
    drawn = draw(Family(name="x", task=NUMBER, order=order), 4_000, seed=0)
    for cell in drawn.cells:
        counts = np.bincount(cell)
        assert counts[counts >= FULL].sum() >= SHARE * 4_000
    assert len(drawn.codes) == 2 * order + 2


def test_what_is_disguised_bears_the_others_names():
    """Codes become whole numbers named as measures; else they are texts."""
    plain, whole = (
        draw(Family(name="x", task=NUMBER, order=2, disguised=said), 1_000, seed=0) for said in ("", "codes")
    )
    assert {plain.frame[name].dtype for name in plain.codes} == {pl.String}
    assert {whole.frame[name].dtype for name in whole.codes} == {pl.Int64}
    assert set(whole.codes) <= {"height", "amount", "count", "distance", "age", "score", "weight", "income", "size"}


def test_a_seed_gives_the_same_rows():
    """Classes are whole numbers below their count; another seed gives other rows."""
    family = Family(name="x", task=Task(kind="multiclass", classes=4), order=2)
    one, same, other = (draw(family, 500, seed) for seed in (1, 1, 2))
    assert one.frame.equals(same.frame)
    assert not one.frame.equals(other.frame)
    assert set(one.y) == {0.0, 1.0, 2.0, 3.0}
