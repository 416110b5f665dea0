"""The glance at money agrees with a count by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.number_policy import NumberPolicy
from automl.decide.verdict.quick_saving import quick_saving

COSTS = CostMatrix(
    actions=("no", "yes"), matrix=np.array([[0.0, 1.0], [5.0, 0.0]]), cells=BINARY_CELLS, currency="", given=True
)
POLICY = LabelPolicy(costs=COSTS)


def _rows(y, **more):
    frame = pl.DataFrame({"x": y})
    return Rows(raw=frame, frame=frame, y=np.asarray(y, dtype=float), **more)


def test_the_saving_against_the_best_single_action():
    """Acting on all costs 2 of 4 rows 1 each, never acting 10; the right decisions cost nothing."""
    p = np.array([[0.1], [0.1], [0.9], [0.9]])
    assert quick_saving(p, _rows([0, 0, 1, 1]), POLICY) == pytest.approx(1_000 * 2 / 4)


def test_weights_count_and_rows_without_a_prediction_do_not():
    """A row that no fold predicted is left out of both sides."""
    p = np.array([[0.1], [0.9], [np.nan]])
    weight = np.array([3.0, 1.0, 100.0])
    assert quick_saving(p, _rows([0, 1, 1], weight=weight), POLICY) == pytest.approx(1_000 * 3 / 4)
    assert quick_saving(np.full((3, 1), np.nan), _rows([0, 1, 1]), POLICY) is None


def test_a_capacity_is_kept_at_a_price():
    """One row of four can be acted on: the surest one. The best without a model draws one at random: 8 against 5."""
    capacity = Capacity(shares={1: 0.25}, texts={1: "25%"}, prices=np.zeros(2))
    p = np.array([[0.1], [0.2], [0.8], [0.9]])
    found = quick_saving(p, _rows([0, 0, 1, 1]), LabelPolicy(costs=COSTS, capacity=capacity))
    assert found == pytest.approx(1_000 * (8 - 5) / 4)


def test_without_money_there_is_nothing_to_save():
    """Nobody's costs, or a number, which is not decided before its errors are known."""
    p, free = np.full((2, 1), 0.5), replace(COSTS, given=False)
    assert quick_saving(p, _rows([0, 1]), LabelPolicy(costs=free)) is None
    assert quick_saving(p, _rows([0, 1]), NumberPolicy(costs=UnitCosts(under=1.0, over=1.0, currency=""))) is None
