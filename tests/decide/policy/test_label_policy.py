"""The decision is the action of smallest expected cost, in numpy and as an expression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.review import ReviewCost
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.bounds import Bounds
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.expected_cost import costs_of_actions
from automl.decide.policy.label_policy import REFUSED, LabelPolicy
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column, Stub


def costs(matrix, *, given=True) -> CostMatrix:
    matrix = np.asarray(matrix, dtype=np.float64)
    actions = tuple(f"action {number}" for number in range(matrix.shape[1]))
    cells = BINARY_CELLS if matrix.shape == (2, 2) else tuple(tuple(f"{t}.{a}" for a in actions) for t in range(9))
    return CostMatrix(actions=actions, matrix=matrix, cells=cells, currency="EUR", given=given)


def run(p, made: CostMatrix):
    return evaluate(LabelPolicy(costs=made).graph_outputs(Stub("p", p.shape[1])), {}, stubs={"p": p})


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
    assert np.array_equal(LabelPolicy(costs=costs([[0, 1], [5, 0]])).choose(p), (p[:, 0] > 1 / 6).astype(int))


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
    policy = LabelPolicy(costs=made)
    assert np.array_equal(policy.codes(run(p, made)["decision"].to_list()), policy.choose(p))


MONEY = st.sampled_from([0.0, -0.0, 1.0, 5.0, -3.0, 1e300, -1e300, 1e-300, np.nan, np.inf]) | st.floats(-1e6, 1e6)


def by_row(classes: int, *, refuses: bool = False) -> CostMatrix:
    """Three actions; the cells (0, 1) and (1, 0) stand in the columns u and v, whose means are 2 and 7."""
    matrix = np.arange(3.0 * classes).reshape(classes, 3) % 4
    matrix[0, 1], matrix[1, 0] = 2.0, 7.0
    rows = {
        (0, 1): RowCost(text="u", expr=Column("u"), mean=2.0),
        (1, 0): RowCost(text="v", expr=Column("v"), mean=7.0),
    }
    return replace(costs(matrix), rows=rows, refuses=refuses)


@given(data=st.data(), classes=st.sampled_from([2, 3]), refuses=st.booleans())
@settings(max_examples=60)
def test_row_costs_decide_alike_in_numpy_and_in_the_graph(data, classes, refuses):
    """Costs of 0, negative, huge, and null on the row: the same decision and the same expected cost, to the bit."""
    n = data.draw(st.integers(1, 8))
    frame = pl.DataFrame({name: data.draw(st.lists(MONEY, min_size=n, max_size=n)) for name in "uv"})
    p = np.array(data.draw(st.lists(st.sampled_from([0.01, 0.25, 0.5, 0.75, 0.9]), min_size=n, max_size=n)))[:, None]
    p = p if classes == 2 else np.hstack((p, (1 - p) / 2, (1 - p) / 2))
    made = by_row(classes, refuses=refuses)
    policy = LabelPolicy(costs=made)
    outputs = policy.graph_outputs(Stub("p", p.shape[1]))
    found = evaluate(outputs, frame, stubs={"p": p})
    columns = [Column("u"), Column("v"), Stub("p", p.shape[1])]
    graph = open_session(to_onnx(outputs, inputs=columns)).run(
        {"u": frame["u"].to_numpy(), "v": frame["v"].to_numpy(), "p": p}
    )
    assert found["decision"].to_list() == graph["decision"][:, 0].tolist()
    assert np.array_equal(found["expected_cost"], graph["expected_cost"], equal_nan=True)

    again = policy.choose(p, made.amounts(frame))
    again[~made.known(frame).all(axis=1) & refuses] = -1
    assert policy.codes(found["decision"].to_list()).tolist() == again.tolist()


POLICY = {
    "review": {},
    "asks": {"asks": True},
    "refuses": {"refuses": True},
    "held": {"bounds": Bounds(least=0.5)},
    "pushed": {"bounds": Bounds(always=0.75)},
    "capacity": {"capacity": (0.0, 3.0, 1.5)},
    "capacity, held, asks": {"capacity": (0.0, 3.0, 1.5), "bounds": Bounds(least=0.3, always=0.9), "asks": True},
}


@pytest.mark.parametrize("policy", POLICY)
@given(data=st.data())
@settings(max_examples=40)
def test_every_policy_decides_alike_in_numpy_and_in_the_graph(policy, data):
    """Review, floors, capacity and what stands in for a missing cost, with costs of 0, negative, huge and null."""
    n = data.draw(st.integers(1, 8))
    frame = pl.DataFrame({name: data.draw(st.lists(MONEY, min_size=n, max_size=n)) for name in "uv"})
    p = np.array(data.draw(st.lists(st.sampled_from([0.01, 0.25, 0.5, 0.75, 0.9]), min_size=n, max_size=n)))[:, None]
    review, made = ReviewCost(cost=0.5, error=0.1), by_row(2)
    said = dict(POLICY[policy])
    prices, bounds = said.pop("capacity", None), said.pop("bounds", None)
    capacity = Capacity(shares={1: 0.1, 2: 0.1}, texts={}, prices=np.array(prices)) if prices else None
    made = replace(made, actions=("no", "yes", "ask"), matrix=review.added(made.matrix[:, :2]), review=review, **said)
    decides = LabelPolicy(costs=made, capacity=capacity, bounds=bounds)
    outputs = decides.graph_outputs(Stub("p"))
    found = evaluate(outputs, frame, stubs={"p": p})
    graph = open_session(to_onnx(outputs, inputs=[Column("u"), Column("v"), Stub("p")])).run(
        {"u": frame["u"].to_numpy(), "v": frame["v"].to_numpy(), "p": p}
    )
    assert found["decision"].to_list() == graph["decision"][:, 0].tolist()
    for name in set(found) - {"decision"}:
        assert np.array_equal(found[name], graph[name], equal_nan=True), name
    again = decides.choose(p, made.amounts(frame))
    unknown = ~made.decidable(frame)
    again[unknown & (made.asks or made.refuses)] = 2 if made.asks else -1
    assert decides.codes(found["decision"].to_list()).tolist() == again.tolist()
    assert decides.decide(p, made.amounts(frame), ~unknown).tolist() == again.tolist()
    if prices:
        each = costs_of_actions(p, made, made.amounts(frame))
        assert np.array_equal(found["action_costs"][~unknown], each[~unknown])
        assert np.isnan(found["action_costs"][unknown][:, :2]).all() or not made.asks


def test_a_missing_row_cost_is_the_mean_or_a_refusal():
    """NaN and infinities lack a cost; with `refuses` such a row has no decision and no expected cost."""
    frame = pl.DataFrame({"u": [np.nan, 100.0, np.inf], "v": [7.0, 7.0, 7.0]})
    p = np.array([[0.4]] * 3)
    made = by_row(2)
    assert made.amounts(frame)[:, 0, 1].tolist() == [2.0, 100.0, 2.0]
    assert made.known(frame).tolist() == [[False, True], [True, True], [False, True]]
    found = evaluate(LabelPolicy(costs=replace(made, refuses=True)).graph_outputs(Stub("p")), frame, stubs={"p": p})
    assert (found["decision"] == REFUSED).to_list() == [True, False, True]
    assert np.isnan(found["expected_cost"][:, 0]).tolist() == [True, False, True]


def test_equal_row_costs_take_the_first_action():
    """A tie on a row does not act, whether the amounts are constants or columns."""
    tied = replace(costs([[3, 1], [0, 1]]), rows={(0, 0): RowCost(text="u", expr=Column("u"), mean=3.0)})
    frame = pl.DataFrame({"u": [1.0, 2.0, 3.0, 1.5]})
    found = evaluate(LabelPolicy(costs=tied).graph_outputs(Stub("p")), frame, stubs={"p": np.full((4, 1), 0.5)})
    assert found["decision"].to_list() == ["action 0", "action 0", "action 1", "action 0"]
