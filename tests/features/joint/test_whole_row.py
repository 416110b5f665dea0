"""All numbers of a row together, by hand: zeros, negatives, mean sizes, gaps and sentinels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.features.base import Ask, Survey
from automl.features.joint.whole_row import LARGEST, LEAST, MOST, whole_row
from automl.task import Task


def proposed(columns, weight=None):
    task = Task(kind="binary", classes=2)
    survey = Survey(columns=tuple(columns), frame=pl.DataFrame(), task=task, weight=weight or {}, together={})
    return whole_row.propose(survey)


@pytest.fixture
def of_row(make_column, make_sample, values_on):
    """The four features of one row of numbers: zeros, negatives, mean size, mean signed size."""

    def compute(*cells):
        row = pl.DataFrame({f"x{i}": [cell] for i, cell in enumerate(cells)})
        row = row.cast(pl.Float64)
        found = whole_row.fit([make_column(name) for name in row.columns], make_sample(row))
        return [values_on(one, row).item() for one in found]

    return compute


def test_a_row_by_hand(of_row):
    """Two zeros, one negative, and logarithms of one more than the size: those of 1, 8 and 4 here."""
    assert of_row(0.0, -0.0, 7.0, -3.0) == pytest.approx([2, 1, np.log(8 * 4) / 4, np.log(8 / 4) / 4])


def test_a_gap_is_neither_zero_nor_negative(of_row):
    """A missing cell counts as no size, and the mean is over all columns."""
    assert of_row(np.nan, np.nan, 1.0, np.nan) == pytest.approx([0, 0, np.log(2) / 4, np.log(2) / 4])
    assert of_row(np.nan, np.nan) == [0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("huge", [1e12, 1e308])
def test_a_sentinel_does_not_drown_the_rest(of_row, huge):
    """Beyond the largest size a number counts as that large, on both sides."""
    assert of_row(huge, 1.0) == of_row(LARGEST, 1.0)
    assert of_row(-huge, 1.0) == of_row(-LARGEST, 1.0)


def test_the_order_of_signs_is_kept(of_row):
    """The signed mean is the opposite of that of the opposite numbers; sizes are the same."""
    cells = (5.0, -2.0, 0.5, 100.0)
    _, _, size, signed = of_row(*cells)
    _, _, other_size, opposite = of_row(*(-cell for cell in cells))
    assert size == pytest.approx(other_size)
    assert signed == pytest.approx(-opposite)


def test_few_numbers_are_not_a_row(make_column):
    """Fewer than eight numbers are left to the learners; other wires do not count; the weightiest come first."""
    columns = [make_column(f"x{i}") for i in range(LEAST)]
    names = tuple(column.name for column in columns)
    assert proposed(columns, {"x7": 1.0}) == (Ask(step="whole_row", columns=("x7", *names[:-1])),)
    assert proposed([*columns[1:], make_column("c", "category"), make_column("day", "date")]) == ()


def test_the_number_of_columns_is_bounded(make_column):
    """Of a thousand numbers the weightiest two hundred are taken."""
    (ask,) = proposed([make_column(f"x{i}") for i in range(1_000)], {"x999": 1.0})
    assert len(ask.columns) == MOST
    assert ask.columns[0] == "x999"
