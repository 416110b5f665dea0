"""The gate on directions asks the finished bundle itself, over a grid of the column's own values."""

from __future__ import annotations

import shutil
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.bundle.tables import open_scorer
from automl.errors import DataError
from automl.gates.base import Measured
from automl.gates.monotone import POINTS, _grid, _spread, monotone


def judge(folder, limit):
    """The verdicts on the bundle in `folder`."""
    figures = {"walls": (), "aside": {}, "asked": 0, "start": 0.0, "resident": 0, "seconds": 0.0}
    return monotone.judge(Measured(folder=folder, proportional=None, threads=None, **figures), limit)


def test_a_model_that_rises_keeps_rising_and_fails_falling(bundle):
    """The bundle of the fixtures is a logistic score that rises with age and income."""
    found = judge(bundle, {"age": "increasing", "income": "decreasing"})
    assert [(verdict.gate, verdict.ok) for verdict in found] == [("monotone.age", True), ("monotone.income", False)]
    assert "the prediction is increasing in age" in found[0].reason
    assert "the prediction is not decreasing in income" in found[1].reason
    assert found[0].raw["wrong_steps"] == 0
    assert found[1].raw["wrong_steps"] > 0
    assert found[1].measured > found[0].measured == 0.0


def test_a_column_that_the_model_does_not_read_has_every_direction(bundle):
    """What is not looked at cannot turn the prediction round."""
    (verdict,) = judge(bundle, {"height": "decreasing"})
    assert verdict.ok
    assert "the model does not look at it" in verdict.reason
    assert verdict.raw["values"] == 0


@pytest.mark.parametrize("limit", [None, {}])
def test_without_directions_nothing_is_asked(tmp_path, limit):
    """No bundle is opened."""
    assert judge(tmp_path, limit) == ()


def test_a_direction_needs_numbers(bundle):
    """Words have no order."""
    with pytest.raises(DataError, match=r"limits\.monotone\.job: a direction needs a column that is read as a number"):
        judge(bundle, {"job": "increasing"})


def test_a_single_value_has_no_step(bundle, tmp_path):
    """Golden rows that all have one age tell of no step, and of none the wrong way."""
    copy = shutil.copytree(bundle, tmp_path / "b")
    rows = (copy / "golden" / "rows.json").read_text(encoding="utf-8")
    assert '"age"' in rows
    (copy / "golden" / "rows.json").write_text('[{"age": "30"}, {"age": "30.0"}, {"age": "?"}]')
    (verdict,) = judge(copy, {"age": "decreasing"})
    assert (verdict.ok, verdict.measured, verdict.raw["values"]) == (True, 0.0, 1)


def test_the_grid_is_in_the_order_of_numbers(bundle):
    """Cells as they are written, sorted by what they say; gaps and infinities are none, equal numbers are one."""
    cells = ["9", "10", "-1", "?", "", None, "1e999", 9.0, "30"]
    grid = _grid(open_scorer(bundle), [{"age": cell} for cell in cells], "age")
    assert grid == ["-1", "9", "10", "30"]


def test_other_tables_come_with_the_golden_rows(bundle, tmp_path):
    """Rows of other tables beside the golden rows are given to the scorer, which leaves alone what it does not read."""
    copy = shutil.copytree(bundle, tmp_path / "b")
    (copy / "golden" / "tables.json").write_text('{"purchases": []}')
    assert judge(copy, {"age": "increasing"}) == judge(bundle, {"age": "increasing"})


@given(some.integers(0, 200), some.integers(2, POINTS))
def test_a_spread_has_both_ends(size, most):
    """At most so many, each once, in order, the first and the last among them, no gap twice another and more."""
    found = _spread(range(size), most)
    assert found == sorted(set(found))
    assert len(found) == min(size, most)
    assert not size or (found[0], found[-1]) == (0, size - 1)
    steps = [after - before for before, after in pairwise(found)]
    assert not steps or max(steps) - min(steps) <= 1
