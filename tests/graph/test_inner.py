"""The costs of every action are found inside a graph, and are those that its decision was made by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.review import ReviewCost
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.bounds import Bounds
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.expected_cost import costs_of_actions
from automl.decide.policy.label_policy import LabelPolicy
from automl.graph.inner import action_costs, with_output
from automl.graph.onnx import to_onnx
from automl.graph.runtime import open_runtime
from automl.ops import expr as ops

P = ops.Column("p")


def graph(costs: ops.Expr) -> bytes:
    """A graph that decides by these costs, as a policy does."""
    action = ops.ArgMin(costs)
    outputs = {
        "probability": ops.Multiply(P, ops.constant(1.0)),
        "decision": ops.TakeText(action, ("pass", "act")),
        "expected_cost": ops.RowSum(ops.Multiply(costs, ops.Take(action, np.eye(2)))),
    }
    return to_onnx(outputs, inputs=[P])


def test_costs_of_all_actions_are_told():
    """One more output beside the others: the expected cost is the smallest of them."""
    model = graph(ops.MatMul(ops.Concat((ops.Subtract(ops.constant(1.0), P), P)), np.array([[0.0, 4.0], [9.0, 1.0]])))
    name = action_costs(model)
    session = open_runtime(with_output(model, name))
    each, cost = session.run([name, "expected_cost"], {"p": np.array([[0.1], [0.8]])})
    assert np.allclose(each, [[0.9, 3.7], [7.2, 1.6]])
    assert np.array_equal(each.min(axis=1), cost[:, 0])


def test_costs_that_are_an_output_already_are_found():
    """Under a capacity the costs are told under their own name; asking for them again gives the same."""
    costs = ops.Concat((ops.Multiply(P, ops.constant(9.0)), ops.Subtract(ops.constant(4.0), P)))
    action = ops.ArgMin(costs)
    outputs = {
        "probability": ops.Multiply(P, ops.constant(1.0)),
        "expected_cost": ops.RowSum(ops.Multiply(costs, ops.Take(action, np.eye(2)))),
        "action_costs": costs,
    }
    model = to_onnx(outputs, inputs=[P])
    assert action_costs(model) == "action_costs"
    session = open_runtime(with_output(model, "action_costs"))
    assert session.run(["action_costs"], {"p": np.array([[0.5]])})[0].tolist() == [[4.5, 3.5]]


@pytest.mark.parametrize("cost", [ops.Multiply(P, P), ops.RowSum(ops.Concat((P, P)))])
def test_a_graph_without_actions_has_no_costs_of_them(cost):
    """The cost of a decision about a number is picked from nothing."""
    assert action_costs(to_onnx({"prediction": ops.Multiply(P, P), "expected_cost": cost}, inputs=[P])) is None
    assert action_costs(to_onnx({"prediction": ops.Multiply(P, P)}, inputs=[P])) is None


PLAIN = CostMatrix(
    actions=("no", "yes"), matrix=np.array([[0.0, 2.0], [7.0, 1.0]]), cells=BINARY_CELLS, currency="", given=True
)
REVIEW = ReviewCost(cost=0.5, error=0.1)
REVIEWED = replace(PLAIN, actions=("no", "yes", "ask"), matrix=REVIEW.added(PLAIN.matrix), review=REVIEW)
BY_ROW = {(0, 1): RowCost(text="u", expr=ops.Column("u"), mean=2.0)}
ROOM = Capacity(shares={1: 0.1}, texts={}, prices=np.array([0.0, 3.0]))
POLICIES = {
    "constant": LabelPolicy(costs=PLAIN),
    "by row": LabelPolicy(costs=replace(PLAIN, rows=BY_ROW)),
    "refuses": LabelPolicy(costs=replace(PLAIN, rows=BY_ROW, refuses=True)),
    "review": LabelPolicy(costs=replace(REVIEWED, rows=BY_ROW)),
    "asks": LabelPolicy(costs=replace(REVIEWED, rows=BY_ROW, asks=True)),
    "bounds": LabelPolicy(costs=PLAIN, bounds=Bounds(least=0.3, always=0.6)),
    "capacity": LabelPolicy(costs=PLAIN, capacity=ROOM),
    "capacity by row": LabelPolicy(costs=replace(PLAIN, rows=BY_ROW), capacity=ROOM),
}


@pytest.mark.parametrize("name", POLICIES)
def test_costs_are_found_behind_every_policy(name):
    """Whatever is added to them before the decision, and whatever of them is told: p . C, as numpy has it."""
    policy, p = POLICIES[name], np.linspace(0.05, 0.95, 7)[:, None]
    frame = pl.DataFrame({"u": [1.0, 4.0, float("nan"), 0.0, -3.0, 9.0, 2.0]})
    outputs = {"probability": ops.Multiply(P, ops.constant(1.0)), **policy.graph_outputs(P)}
    model = to_onnx(outputs, inputs=[P, *([ops.Column("u")] if policy.columns else [])])
    found = action_costs(model)
    given = {"p": p} | ({"u": frame["u"].to_numpy()[:, None]} if policy.columns else {})
    (each,) = open_runtime(with_output(model, found)).run([found], given)
    assert np.allclose(each, costs_of_actions(p, policy.costs, policy.costs.amounts(frame)))
