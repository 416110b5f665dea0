"""Another policy stands behind the same prediction, bit for bit."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.errors import BundleError
from automl.graph.onnx import to_onnx
from automl.graph.replace import replace_policy, replace_prediction
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Add, ArgMin, Column, Concat, Multiply, RowSum, Sigmoid, Stub, TakeText, constant

AGE, FEE = Column("age"), Column("fee")
P = Stub("probability")
ROWS = {"age": np.linspace(-3, 3, 50), "fee": np.linspace(0, 9, 50)}


def model() -> bytes:
    probability = Sigmoid(Add(Multiply(AGE, constant(0.7)), constant(-0.2)))
    costs = Concat((Multiply(probability, FEE), constant(1.0)))
    return to_onnx(
        {"probability": probability, "decision": TakeText(ArgMin(costs), ("no", "yes")), "expected_cost": costs},
        inputs=[FEE, AGE],
    )


def policy(first: float, second: float):
    costs = Concat((Multiply(P, constant(first)), Multiply(FEE, constant(second)), constant(0.3)))
    return {"decision": TakeText(ArgMin(costs), ("a", "b", "c")), "total": RowSum(costs)}


@settings(max_examples=20)
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_the_new_policy_is_numpys_and_the_probability_the_old_one(first, second):
    """Whatever the amounts: the probability keeps its bits, the decisions are those of the expression."""
    new = open_session(replace_policy(model(), P, policy(first, second))).run(ROWS)
    old = open_session(model()).run(ROWS)
    assert set(new) == {"probability", "decision", "total"}
    assert np.array_equal(new["probability"], old["probability"])
    expected = evaluate(policy(first, second), ROWS, stubs={"probability": old["probability"]})
    assert new["decision"][:, 0].tolist() == expected["decision"].to_list()
    assert np.allclose(new["total"], expected["total"], rtol=1e-9, atol=1e-12)


def test_a_policy_can_be_replaced_again_and_leaves_nothing_behind():
    """Ten replacements give the bytes of one; the first policy's nodes are gone."""
    once = replace_policy(model(), P, policy(1.0, 2.0))
    again = model()
    for round_ in range(10):
        again = replace_policy(again, P, policy(float(round_), 1.0))
    assert replace_policy(again, P, policy(1.0, 2.0)) == once
    assert len(onnx.load_from_string(again).graph.node) == len(onnx.load_from_string(once).graph.node)


def test_an_input_that_nobody_needs_is_dropped_and_cannot_come_back():
    """A policy without the fee needs no fee; a graph without it cannot read it."""
    bare = replace_policy(model(), P, {"decision": TakeText(ArgMin(Concat((P, constant(0.5)))), ("no", "yes"))})
    assert open_session(bare).inputs == ("age",)
    with pytest.raises(BundleError, match="does not read the column 'fee'"):
        replace_policy(bare, P, policy(1.0, 1.0))


def test_a_prediction_that_is_the_same_for_all_rows_keeps_an_input():
    """The number of rows has to come from somewhere."""
    flat = to_onnx({"probability": constant(0.25)}, inputs=[AGE])
    new = open_session(replace_policy(flat, P, {"double": Add(P, P)})).run(ROWS)
    assert new["double"].tolist() == [[0.5]] * 50


def test_a_graph_without_the_prediction_is_refused():
    """It is no graph of that kind."""
    with pytest.raises(BundleError, match="no output 'prediction'"):
        replace_policy(model(), Stub("prediction"), {})


def test_a_curve_stands_between_the_prediction_and_its_policy():
    """The prediction that is told is the curved one, as often as it is done."""
    curved = Multiply(P, constant(0.5))
    once = replace_prediction(model(), P, {P.name: curved, "double": Add(curved, curved)})
    old, new = (open_session(graph).run(ROWS) for graph in (model(), once))
    assert np.allclose(new[P.name], 0.5 * old[P.name])
    assert np.allclose(new["double"], old[P.name])
    again = replace_prediction(once, P, {P.name: curved})
    assert np.allclose(open_session(again).run(ROWS)[P.name], 0.25 * old[P.name])
