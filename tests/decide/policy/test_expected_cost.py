"""What an action is expected to cost is the sum over truths, in numpy and as an expression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.expected_cost import costs_of_actions, expected_costs
from automl.ops.bulk import evaluate
from automl.ops.expr import Column, Stub

BINARY = CostMatrix(
    actions=("no", "yes"), matrix=np.array([[0.0, 4.0], [40.0, 1.0]]), cells=BINARY_CELLS, currency="", given=True
)
THREE = replace(
    BINARY, actions=("x", "y"), matrix=np.array([[0.0, 1.0], [2.0, 3.0], [8.0, 5.0]]), cells=(("x", "y"),) * 3
)


def by_expression(p: np.ndarray, costs: CostMatrix, frame: pl.DataFrame | None = None) -> np.ndarray:
    expr = expected_costs(Stub("p", p.shape[1]), costs)
    return np.asarray(evaluate({"each": expr}, {} if frame is None else frame, stubs={"p": p})["each"])


@pytest.mark.parametrize(
    ("p", "costs", "each"),
    [
        ([[0.1]], BINARY, [4.0, 3.7]),
        ([[0.5, 0.25, 0.25]], THREE, [2.5, 2.5]),
        ([[0.2, 0.3, 0.5]], replace(THREE, given=False), [-0.2, -0.3, -0.5]),
    ],
)
def test_the_sum_over_truths_is_that_by_hand(p, costs, each):
    """0.9 x 0 + 0.1 x 40 against 0.9 x 4 + 0.1 x 1; without costs the likeliest label costs least."""
    p = np.array(p)
    assert costs_of_actions(p, costs)[0] == pytest.approx(each)
    assert by_expression(p, costs)[0] == pytest.approx(each)


def test_rows_that_differ_have_sums_of_their_own():
    """The miss of each row stands in a column; where it is missing, its mean does."""
    costs = replace(BINARY, rows={(1, 0): RowCost(text="loss", expr=Column("loss"), mean=40.0)})
    frame = pl.DataFrame({"loss": [10.0, 100.0, np.nan]})
    p = np.full((3, 1), 0.1)
    each = costs_of_actions(p, costs, costs.expected(frame))
    assert each[:, 0] == pytest.approx([1.0, 10.0, 4.0])
    assert each[:, 1] == pytest.approx([3.7] * 3)
    assert np.array_equal(by_expression(p, costs, frame), each)
