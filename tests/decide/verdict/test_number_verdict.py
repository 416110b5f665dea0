"""The verdict on decided numbers stands against the one number that costs least for all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.number_policy import NumberPolicy, fit_number_policy
from automl.decide.policy.quantile import best_constant
from automl.decide.verdict.decided_numbers import BaselineRows, DecidedNumbers, numbers_out_of_fold
from automl.decide.verdict.number_verdict import judge_numbers
from automl.task import Task

COSTS = UnitCosts(under=5.0, over=2.0, currency="EUR")


def rows(n: int, seed: int, *, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    prediction = rng.normal(50, 10, n)
    return prediction[:, None], prediction + noise * rng.normal(size=n)


def learned(n: int = 2_000, *, noise: float = 1.0) -> OutOfFold:
    """Train rows with what a fold predicted of them."""
    prediction, y = rows(n, 1, noise=noise)
    train = Rows(frame=pl.DataFrame({"x": y}), raw=pl.DataFrame({"x": y}), y=y)
    return OutOfFold.of(prediction, train, Task(kind="regression"), seed=1)


def policy(*, noise: float = 1.0) -> NumberPolicy:
    return fit_number_policy(NumberPolicy(costs=COSTS, share=0.9), learned(noise=noise))


def decided(made: NumberPolicy, n: int, *, noise: float = 1.0, seed: int = 2) -> DecidedNumbers:
    prediction, y = rows(n, seed, noise=noise)
    return DecidedNumbers(prediction=prediction, decision=made.decision.decide(prediction), y=y)


def test_a_good_model_is_worth_it_and_its_figures_are_those_of_the_rows():
    """Saving = the best constant's cost less ours, per 1,000 rows."""
    made = policy()
    test = decided(made, 2_000)
    train_y = rows(2_000, 1)[1]
    verdict = judge_numbers(test, made, BaselineRows(y=train_y), seed=1)
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
    made = policy(noise=300.0)
    train = BaselineRows(y=rows(2_000, 1, noise=300.0)[1])
    verdict = judge_numbers(decided(made, 1_500, noise=300.0), made, train, seed=1)
    assert not verdict.worth
    assert "not shown" in verdict.reason


def test_out_of_fold_rows_help_a_small_test_part_which_keeps_its_veto():
    """200 test rows are judged with the train rows; where they alone lose, it is not worth it."""
    made = policy()
    train = BaselineRows(y=rows(2_000, 1)[1])
    oof = numbers_out_of_fold(learned(), COSTS)
    verdict = judge_numbers(decided(made, 200), made, train, oof=oof, seed=1)
    assert (verdict.evidence, verdict.rows, verdict.test_rows) == ("test and out-of-fold", 2_200, 200)
    lost = decided(made, 200)
    lost = replace(lost, decision=lost.decision + 40)
    verdict = judge_numbers(lost, made, train, oof=oof, seed=1)
    assert verdict.low > 0 > verdict.test_saving
    assert not verdict.worth


def test_without_costs_there_is_no_verdict():
    """Nobody's money is at stake."""
    made = fit_number_policy(NumberPolicy(share=0.9), learned())
    prediction, y = rows(10, 1)
    test = DecidedNumbers(prediction=prediction, decision=y, y=y)
    assert judge_numbers(test, made, BaselineRows(y=y), seed=1) is None
