"""Beside a number stands what the spec asks for, and nothing else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.number_policy import NumberPolicy, fit_number_policy, make_number_policy
from automl.errors import SpecError
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub
from automl.spec.objective import Objective
from automl.task import Task

COSTS = UnitCosts(under=5.0, over=2.0, currency="EUR")


def objective(**given) -> Objective:
    return Objective.model_validate({"target": "y", **given})


def learned(n: int = 2_000) -> OutOfFold:
    """Predictions around 50 with errors of 1."""
    rng = np.random.default_rng(1)
    prediction = rng.normal(50, 10, n)
    y = prediction + rng.normal(size=n)
    frame = pl.DataFrame({"x": prediction})
    return OutOfFold.of(prediction[:, None], Rows(frame=frame, raw=frame, y=y), Task(kind="regression"), seed=1)


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        (NumberPolicy(), []),
        (NumberPolicy(share=0.9), ["prediction_low", "prediction_high"]),
        (NumberPolicy(costs=COSTS), ["decision", "expected_cost"]),
        (
            NumberPolicy(costs=COSTS, share=0.9),
            ["prediction_low", "prediction_high", "decision", "expected_cost"],
        ),
    ],
)
def test_only_what_is_asked_for_is_answered(asked, answers):
    """Interval, decision, both or nothing; and nothing before anything is learned."""
    assert list(asked.graph_outputs(Stub("p"))) == []
    assert list(fit_number_policy(asked, learned()).graph_outputs(Stub("p"))) == answers


def test_the_decision_is_the_quantile_of_the_costs():
    """With errors of a standard normal it lies 0.566 above: the quantile 5/7."""
    fitted = fit_number_policy(NumberPolicy(costs=COSTS), learned())
    found = evaluate(fitted.graph_outputs(Stub("p")), {}, stubs={"p": np.array([[50.0]])})
    assert found["decision"][0, 0] == pytest.approx(50.566, abs=0.1)


def test_money_and_columns_are_those_of_the_costs():
    """Without costs there is no money, and a number is no choice of actions."""
    assert (NumberPolicy(costs=COSTS).in_money, NumberPolicy(costs=COSTS).currency) == (True, "EUR")
    bare = NumberPolicy()
    assert (bare.in_money, bare.currency, bare.refuses, bare.columns, bare.actions) == (False, "", False, (), ())
    assert bare.expected_amounts == {}


def test_a_spec_says_what_is_asked_for():
    """Its costs and the share of its interval; nothing is learned yet."""
    made = make_number_policy(objective(costs={"under": 5, "over": 2, "currency": "EUR"}, interval="80%"))
    assert made == NumberPolicy(costs=COSTS, share=0.8)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"review": {"cost": 1}}, "objective.review: a review is for"),
        ({"today": {"act": "x > 1"}}, "objective.today: today's rule is for"),
        ({"capacity": {"act": "10%"}}, "objective.capacity: a capacity is for"),
        ({"require": {"precision": 0.9}}, "objective.require: a requirement is for"),
    ],
)
def test_what_is_between_labels_is_refused(given, told):
    """Each with its place."""
    with pytest.raises(SpecError, match=told):
        make_number_policy(objective(**given))
