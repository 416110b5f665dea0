"""What stands beside a predicted number, and the verdict on decisions about numbers."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.quantile import best_constant
from automl.decide.verdict.number_verdict import (
    Forecast,
    NumberPolicy,
    coverage,
    fit_number_policy,
    judge_numbers,
    out_of_fold_decisions,
)
from automl.ops.expr import Stub
from automl.spec.objective import Objective

COSTS = UnitCosts(under=5.0, over=2.0, currency="EUR")


def rows(n: int, seed: int, *, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    prediction = rng.normal(50, 10, n)
    return prediction[:, None], prediction + noise * rng.normal(size=n)


def policy(*, noise: float = 1.0, **given) -> NumberPolicy:
    objective = Objective.model_validate({"target": "y", **given})
    return fit_number_policy(objective, COSTS if objective.costs else None, *rows(2_000, 1, noise=noise), seed=1)


ASKED = {"interval": "90%", "costs": {"under": 5, "over": 2}}


def forecast(made: NumberPolicy, n: int, *, noise: float = 1.0, seed: int = 2) -> Forecast:
    prediction, y = rows(n, seed, noise=noise)
    return Forecast(prediction=prediction, decision=made.decision.decide(prediction), y=y)


def test_only_what_is_asked_for_is_answered():
    """Interval, decision, both or nothing."""
    assert list(policy().outputs(Stub("p"))) == []
    assert list(policy(interval="90%").outputs(Stub("p"))) == ["prediction_low", "prediction_high"]
    assert list(policy(**ASKED).outputs(Stub("p"))) == [
        "prediction_low",
        "prediction_high",
        "decision",
        "expected_cost",
    ]


def test_a_good_model_is_worth_it_and_its_figures_are_those_of_the_rows():
    """Saving = the best constant's cost less ours, per 1,000 rows."""
    made = policy(**ASKED)
    test = forecast(made, 2_000)
    train_y = rows(2_000, 1)[1]
    verdict = judge_numbers(test, made, train_y, seed=1)
    always = 1_000 * COSTS.of(np.full(2_000, best_constant(train_y, COSTS)), test.y).mean()
    ours = 1_000 * COSTS.of(test.decision, test.y).mean()
    assert verdict.worth
    assert (verdict.ours, verdict.policies[0].cost) == pytest.approx((ours, always))
    assert verdict.saving == pytest.approx(always - ours)
    assert verdict.low < verdict.saving < verdict.high
    assert verdict.test_total == pytest.approx(verdict.saving * 2)
    assert (verdict.evidence, verdict.rows, verdict.test_rows) == ("test", 2_000, 2_000)
    assert [(case.cell, case.amount) for case in verdict.scenarios] == [
        ("under", 2.5),
        ("under", 10.0),
        ("over", 1.0),
        ("over", 4.0),
    ]
    assert "always" in verdict.reason


def test_a_model_that_knows_nothing_is_not_worth_it():
    """Noise of thirty times the signal is not shown to pay."""
    made = policy(noise=300.0, **ASKED)
    verdict = judge_numbers(forecast(made, 1_500, noise=300.0), made, rows(2_000, 1, noise=300.0)[1], seed=1)
    assert not verdict.worth
    assert "not shown" in verdict.reason


def test_out_of_fold_rows_help_a_small_test_part_which_keeps_its_veto():
    """200 test rows are judged with the train rows; where they alone lose, it is not worth it."""
    made = policy(**ASKED)
    train_y = rows(2_000, 1)[1]
    oof = out_of_fold_decisions(*rows(2_000, 1), COSTS, seed=1)
    verdict = judge_numbers(forecast(made, 200), made, train_y, oof=oof, seed=1)
    assert (verdict.evidence, verdict.rows, verdict.test_rows) == ("test and out-of-fold", 2_200, 200)
    lost = forecast(made, 200)
    lost = Forecast(prediction=lost.prediction, decision=lost.decision + 40, y=lost.y)
    verdict = judge_numbers(lost, made, train_y, oof=oof, seed=1)
    assert verdict.low > 0 > verdict.test_saving
    assert not verdict.worth


def test_out_of_fold_rows_without_a_prediction_are_left_out():
    """With their weights and groups; None if there are no others."""
    prediction, y = rows(100, 1)
    prediction[:30] = np.nan
    found = out_of_fold_decisions(prediction, y, COSTS, weight=np.arange(100.0) + 1, group=np.arange(100), seed=1)
    assert (found.y.size, found.weight[0], found.group[0]) == (70, 31, 30)
    assert out_of_fold_decisions(prediction * np.nan, y, COSTS, seed=1) is None


def test_without_costs_there_is_no_verdict():
    """Nobody's money is at stake."""
    made = policy(interval="90%")
    prediction, y = rows(10, 1)
    assert judge_numbers(Forecast(prediction=prediction, decision=y, y=y), made, y, seed=1) is None


def test_coverage_is_the_share_of_truths_between_the_bounds():
    """Bounds count as inside; weights count; whole groups make its interval wider."""
    y = np.array([0.0, 1.0, 2.0, 3.0] * 100)
    found = coverage(np.full(400, 1.0), np.full(400, 3.0), y, seed=1)
    assert (found.share, found.width) == (0.75, 2.0)
    assert found.low < 0.75 < found.high
    weighted = coverage(np.full(400, 1.0), np.full(400, 3.0), y, weight=np.where(y == 0, 3.0, 1.0), seed=1)
    assert weighted.share == pytest.approx(0.5)
    grouped = coverage(np.full(400, 1.0), np.full(400, 3.0), np.sort(y), group=np.arange(400) // 50, seed=1)
    assert grouped.high - grouped.low > found.high - found.low
