"""A spec makes one policy, of labels or of numbers, and out-of-fold rows teach it what it lacks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.calibration import out_of_fold
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.decision_policy import expect_amounts, fit_policy, is_decided, make_policy
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.number_policy import NumberPolicy
from automl.errors import SpecError
from automl.features.plan import Feature, Plan
from automl.ops.expr import Column as Leaf
from automl.ops.expr import Stub
from automl.spec.objective import Objective
from automl.task import Task

LABELS = Labels(name="y", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
NUMBERS = Labels(name="y", task=Task(kind="regression"), dtype="float")
COSTS = {"false_positive": "fee", "false_negative": 5}


def prepared(labels: Labels, n: int = 600) -> Prepared:
    """A fee, and a gain that is known only afterwards, of the positives and near 10 x."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, n)
    y = (rng.random(n) < x).astype(np.float64) if labels is LABELS else 10 * x + rng.normal(size=n)
    frame = pl.DataFrame({"x": x, "fee": rng.uniform(1, 2, n)})
    gain = pl.DataFrame({"gain": 10 * x + rng.normal(size=n)})
    columns = tuple(
        Column(name=name, wire="number", role=role, reason="", is_feature=role == "feature", reader={})
        for name, role in (("x", "feature"), ("fee", "excluded"), ("gain", "outcome"))
    )
    rows = Rows(frame=frame, raw=frame.hstack(gain), y=y, beside=gain)
    return Prepared(
        schema=Schema(columns=columns), labels=labels, train=rows, test=rows, findings=(), split="", digests={}
    )


def made(labels: Labels = LABELS, **given) -> LabelPolicy | NumberPolicy:
    return make_policy(Objective.model_validate({"target": "y", **given}), prepared(labels))


def learned(labels: Labels = LABELS) -> OutOfFold:
    """Predictions that are right on average."""
    train = prepared(labels).train
    prediction = train.frame["x"].to_numpy()[:, None] * (1 if labels is LABELS else 10)
    return OutOfFold.of(prediction, train, labels.task, seed=1)


def test_a_target_of_labels_has_a_policy_of_actions():
    """With all that the spec asks of it, and the columns that costs and rule name."""
    policy = made(costs=COSTS, capacity={"act": "10%"}, require={"precision": 0.6}, today={"act": "x > 0.5"})
    assert policy.actions == ("no", "yes")
    assert policy.columns == ("fee", "x")
    assert (policy.in_money, policy.capacity.shares, policy.require.precision) == (True, {1: 0.1}, 0.6)
    assert (policy.bounds, policy.expected_amounts) == (None, {})


def test_without_costs_labels_are_decided_and_not_counted():
    """The likeliest label, in nobody's money."""
    policy = made()
    assert (policy.in_money, policy.currency, policy.columns) == (False, "", ())
    assert list(policy.graph_outputs(Stub("p"))) == ["decision"]


def test_a_target_of_numbers_has_a_policy_of_numbers():
    """With its costs and the share of its interval."""
    policy = made(NUMBERS, costs={"under": "fee", "over": 1}, interval="80%")
    assert isinstance(policy, NumberPolicy)
    assert (policy.columns, policy.in_money, policy.share) == (("fee",), True, 0.8)
    fitted = fit_policy(policy, learned(NUMBERS))
    assert list(fitted.graph_outputs(Stub("p"))) == ["prediction_low", "prediction_high", "decision", "expected_cost"]


@pytest.mark.parametrize(
    ("labels", "given", "told"),
    [
        (LABELS, {"interval": "90%"}, "objective.interval"),
        (LABELS, {"costs": {"under": 5, "over": 2}}, "objective.costs: under and over"),
        (LABELS, {"require": {"automated": 0.5}}, "objective.require.automated: without a review"),
        (LABELS, {"require": {"confidence": 0.9}}, "objective.require: there is no floor"),
        (NUMBERS, {"require": {"precision": 0.5}}, "objective.require: a requirement is for acting or not"),
        (NUMBERS, {"costs": {"false_positive": 1, "false_negative": 5}}, "objective.costs: the target is a number"),
    ],
)
def test_what_does_not_fit_the_target_is_refused_before_a_search(labels, given, told):
    """Each with its place."""
    with pytest.raises(SpecError, match=told):
        made(labels, **given)


def test_prices_and_floors_are_learned_from_one_calibration(monkeypatch):
    """Both stand on the same rows, calibrated once without their folds."""
    seeds = []
    monkeypatch.setattr(out_of_fold, "cross_fit", lambda p, *_, seed: (seeds.append(seed), p)[1])
    policy = made(costs={"false_positive": 1, "false_negative": 5}, capacity={"act": "60%"}, require={"precision": 0.6})
    fitted = fit_policy(policy, learned())
    assert seeds == [1]
    assert fitted.capacity.prices[1] > 0
    assert fitted.bounds is None or fitted.bounds.least > 0
    decisions = fitted.choose(learned().prediction)
    assert (decisions == 1).mean() <= 0.6


def test_outcomes_are_expected_by_a_model_of_the_plan():
    """The gain follows x: the graph takes x, and the evidence knows it by the name of its cell; numbers have none."""
    data = prepared(LABELS)
    plan = Plan(features=(Feature(name="x", kind="number", source=("x",), expr=Leaf("x")),))
    asked = make_policy(
        Objective.model_validate({"target": "y", "costs": {"false_positive": 1, "false_negative": "gain"}}), data
    )
    assert asked.expected_amounts == {}
    policy, (fit,) = expect_amounts(asked, plan, data.train, seed=1)
    assert fit.used
    assert list(policy.expected_amounts) == ["expected:false_negative"]
    number = made(NUMBERS)
    assert expect_amounts(number, plan, data.train, seed=1) == (number, ())


def test_a_refused_row_has_no_decision():
    """An empty text, or no number."""
    assert is_decided(np.array(["yes", "", "no"])).tolist() == [True, False, True]
    assert is_decided(np.array([1.0, np.nan])).tolist() == [True, False]
