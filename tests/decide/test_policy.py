"""The decision is the action of smallest expected cost, in numpy and as an expression."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.costs import BINARY_CELLS, Costs
from automl.decide.policy import ExpectedCost, choose, codes
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub


def costs(matrix, *, given=True) -> Costs:
    matrix = np.asarray(matrix, dtype=np.float64)
    actions = tuple(f"action {number}" for number in range(matrix.shape[1]))
    cells = BINARY_CELLS if matrix.shape == (2, 2) else tuple(tuple(f"{t}.{a}" for a in actions) for t in range(9))
    return Costs(actions=actions, matrix=matrix, cells=cells, currency="EUR", given=given)


def run(p, made: Costs):
    return evaluate(ExpectedCost(costs=made).outputs(Stub("p", p.shape[1])), {}, stubs={"p": p})


@pytest.mark.parametrize("classes", [1, 4])
def test_the_policy_equals_brute_force(classes):
    """Multi-action: for each row the sums over truths are taken one by one, and the smallest wins."""
    rng = np.random.default_rng(classes)
    p = rng.dirichlet(np.ones(4), size=200) if classes > 1 else rng.random((200, 1))
    made = costs(rng.normal(size=(max(2, classes), 5)))
    truths = p if classes > 1 else np.hstack((1 - p, p))
    for row, decision, cost in zip(truths, *run(p, made).values(), strict=True):
        each = [sum(row[t] * made.matrix[t, a] for t in range(len(row))) for a in range(5)]
        assert decision == f"action {each.index(min(each))}"
        assert cost[0] == pytest.approx(min(each), abs=1e-12)


def test_constant_costs_give_elkans_threshold():
    """Act when p > (FP - TN) / (FP - TN + FN - TP); here 1/6."""
    p = np.linspace(0.001, 0.999, 400)[:, None]
    assert np.array_equal(choose(p, costs([[0, 1], [5, 0]])), (p[:, 0] > 1 / 6).astype(int))


def test_a_tie_takes_the_first_action():
    """In a binary task a tie does not act."""
    half = np.array([[0.5]])
    assert run(half, costs([[0, 1], [1, 0]], given=False))["decision"].to_list() == ["action 0"]
    assert run(half, costs([[0, 2], [2, 0]]))["decision"].to_list() == ["action 0"]


def test_without_costs_the_decision_is_the_likeliest_class_and_has_no_money():
    """argmax, to the last bit."""
    p = np.random.default_rng(0).dirichlet(np.ones(3), size=100)
    found = run(p, costs(1 - np.eye(3), given=False))
    assert set(found) == {"decision"}
    assert found["decision"].to_list() == [f"action {k}" for k in p.argmax(axis=1)]


def test_numpy_and_the_expression_agree():
    """`choose` is what the verdict decides again with; `codes` reads the graph's texts."""
    p = np.random.default_rng(1).random((500, 1))
    made = costs([[0, 4, 2.5], [40, 4, 3]])
    assert np.array_equal(codes(run(p, made)["decision"].to_list(), made), choose(p, made))
