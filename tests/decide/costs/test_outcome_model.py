"""What is known only afterwards is expected by a model, where that beats the mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.costs.cost_matrix import make_cost_matrix
from automl.decide.costs.outcome_model import expect_outcomes
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.decided_rows import decided_rows
from automl.features.plan import Feature, Plan
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column as Leaf
from automl.ops.expr import Stub, walk
from automl.spec.objective import Objective
from automl.task import Task

N = 3_000
LABELS = Labels(name="gave", task=Task(kind="binary", classes=2), values=(0, 1), texts=("0", "1"), dtype="int")
PLAN = Plan(features=(Feature(name="x", kind="number", source=("x",), expr=Leaf("x")),))


def donors(*, slope: float, seed: int = 0) -> Prepared:
    """Half give 10 + slope * x, with noise; nobody knows the gift before, and those who give none have no gift."""
    draw = np.random.default_rng(seed)
    x, gave = draw.normal(size=N), draw.random(N) < 0.5
    gift = np.where(gave, np.maximum(0.5, 10 + slope * x + draw.normal(size=N)), np.nan)
    frame, beside = pl.DataFrame({"x": x}), pl.DataFrame({"gift": gift})
    rows = Rows(frame=frame, raw=frame.hstack(beside), y=gave.astype(float), beside=beside)
    columns = (
        Column(name="x", wire="number", role="feature", reason="", is_feature=True, reader={}),
        Column(name="gift", wire="number", role="outcome", reason="", is_feature=False, reader={}),
    )
    schema = Schema(columns=columns)
    return Prepared(schema=schema, labels=LABELS, train=rows, test=rows, findings=(), split="", digests={})


def costs_of(data: Prepared, **more):
    costs = {"false_positive": 3, "false_negative": "gift - 3", **more}
    return make_cost_matrix(Objective.model_validate({"target": "gave", "costs": costs}), LABELS, data)


def test_an_outcome_is_expected_to_be_the_mean_of_its_truth():
    """Before there is a model: the mean gift of those who gave, the same for all rows, known or not."""
    data = donors(slope=2.0)
    costs = costs_of(data)
    mean = np.nanmean(data.train.beside["gift"].to_numpy()) - 3
    assert costs.matrix[1, 0] == pytest.approx(mean)
    assert costs.expected(data.train.inputs)[:, 1, 0] == pytest.approx(np.full(N, mean))
    assert costs.later


def test_a_model_that_beats_the_mean_is_used():
    """The gift follows x: the model finds the line, stays within what was seen, and needs no gift."""
    data = donors(slope=2.0)
    costs, (told,) = expect_outcomes(costs_of(data), PLAN, data.train, seed=1)
    frame = pl.DataFrame({"x": [-1.0, 0.0, 1.0, 100.0, np.nan]})
    found = costs.expected(frame)[:, 1, 0]
    assert told.used
    assert told.error == pytest.approx(1 / 5, abs=0.05)  # the noise's variance over that of the gifts
    assert found[:3] == pytest.approx([5, 7, 9], abs=0.2)
    assert found[3] <= np.nanmax(data.train.beside["gift"].to_numpy()) - 3
    assert np.isfinite(found).all()
    assert "by a ridge regression" in str(told)


def test_amounts_made_of_factors_are_learned_on_logarithms():
    """A gift of e to x with noise that grows with it: the model is a curve and keeps the mean."""
    data = donors(slope=2.0)
    draw = np.random.default_rng(5)
    x, gave = data.train.frame["x"].to_numpy(), data.train.y == 1
    beside = pl.DataFrame({"gift": np.where(gave, np.exp(2 + x + draw.normal(size=N)), np.nan)})
    train = replace(data.train, beside=beside, raw=data.train.frame.hstack(beside))
    costs, (told,) = expect_outcomes(costs_of(replace(data, train=train), false_negative="gift"), PLAN, train, seed=1)
    assert (told.used, told.logs) == (True, True)
    assert "by a ridge regression on logarithms" in str(told)
    found = costs.expected(pl.DataFrame({"x": [-1.0, 0.0, 1.0, 100.0]}))[:, 1, 0]
    assert found[:3] == pytest.approx(np.exp(2.5 + np.array([-1.0, 0.0, 1.0])), rel=0.15)
    assert found[3] <= beside["gift"].drop_nans().max()
    gifts = beside["gift"].to_numpy()[gave]
    assert costs.expected(train.frame)[gave, 1, 0].mean() == pytest.approx(gifts.mean(), rel=0.02)


def test_a_model_that_does_not_beat_the_mean_is_not_used():
    """Without a signal the mean serves, and it is said; a few amounts are not tried at all."""
    for seed in range(5):
        data = donors(slope=0.0, seed=seed)
        costs, (told,) = expect_outcomes(costs_of(data), PLAN, data.train, seed=1)
        assert not told.used
        assert costs.rows[1, 0].model is None
        assert "by the mean, not by a ridge" in str(told)
    few = donors(slope=2.0).train.take(np.arange(300))
    _, (told,) = expect_outcomes(costs_of(donors(slope=2.0)), PLAN, few, seed=1)
    assert told.error is None


def test_decisions_look_at_what_is_expected_and_money_at_what_came():
    """The graph takes x and no gift, and decides as numpy does; the verdict counts the gifts."""
    data = donors(slope=2.0)
    costs, _ = expect_outcomes(costs_of(data), PLAN, data.train, seed=1)
    policy = LabelPolicy(costs=costs)
    outputs = policy.graph_outputs(Stub("p"))
    leaves = {leaf.name for leaf in walk(*outputs.values()) if isinstance(leaf, Leaf)}
    assert leaves == {"x"}
    p = np.random.default_rng(3).random((N, 1))
    found = evaluate(outputs, data.test.frame, stubs={"p": p})
    session = open_session(to_onnx(outputs, inputs=[Leaf("x"), Stub("p")]))
    graph = session.run({"x": data.test.frame["x"].to_numpy(), "p": p})
    assert found["decision"].to_list() == graph["decision"][:, 0].tolist()
    assert np.allclose(found["expected_cost"], graph["expected_cost"], rtol=1e-12)

    decisions = policy.choose(p, costs.expected(data.test.inputs))
    evidence = decided_rows(data.test, decisions, p, policy)
    assert evidence.n == N  # no gift of those who gave none is no missing cost
    gave = evidence.y == 1
    assert evidence.amounts[gave, 1, 0] == pytest.approx(data.test.beside["gift"].to_numpy()[gave] - 3)
    assert evidence.expected[:, 1, 0] == pytest.approx(costs.expected(data.test.inputs)[:, 1, 0])


def test_a_refusing_policy_does_not_ask_for_outcomes():
    """`missing = "refuse"` is about what can be known in time."""
    data = donors(slope=2.0)
    costs = costs_of(data, missing="refuse")
    assert costs.decidable(data.train.inputs).all()
    p = np.full((N, 1), 0.5)
    outputs = LabelPolicy(costs=costs).graph_outputs(Stub("p"))
    assert "" not in evaluate(outputs, data.train.frame, stubs={"p": p})["decision"]
