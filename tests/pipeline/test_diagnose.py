"""What a report draws is computed with the graph that ships, and is what the verdict says."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from automl import metrics
from automl.data.rows import Prepared
from automl.decide.policy.decision_policy import make_policy
from automl.diagnostics.diagnostics import Diagnostics
from automl.diagnostics.slider import slide
from automl.pipeline.choose import choose
from automl.pipeline.diagnose import diagnose
from automl.pipeline.judge import Judgement, judge

COSTS = {"false_positive": 1, "false_negative": 5}
DAY = 86_400e6


@pytest.fixture
def diagnosed(outcome_of, run_of):
    """The diagnostics of a model whose only column is x, and its judgement."""

    def make(data: Prepared, *, seconds: float = 60.0, **objective: object) -> tuple[Diagnostics, Judgement]:
        run = run_of(objective={"target": data.labels.name, **objective})
        choice = choose(outcome_of(data), data, make_policy(run.spec.objective, data), seed=0)
        judgement = judge(data, choice, asked=(metrics.get("log_loss" if data.labels.values else "rmse"),), seed=0)
        return diagnose(data, choice, judgement, seed=0, until=time.monotonic() + seconds), judgement

    return make


def test_money_is_that_of_the_verdict(loans, diagnosed) -> None:
    """The cells of the confusion cost what the verdict says, and the slider at the spec's costs saves as much."""
    found, judgement = diagnosed(loans, positive="yes", costs=COSTS)
    verdict = judgement.verdict
    assert sum(cell.cost for cell in found.confusion) == pytest.approx(verdict.ours)
    again = slide(found.slider, np.array([[0.0, 1.0], [5.0, 0.0]]))
    assert again.saving == pytest.approx(verdict.saving, rel=1e-12)
    assert found.threshold_costs[0].cost == pytest.approx(verdict.policies[0].cost)
    assert found.threshold_costs[-1].cost == pytest.approx(verdict.policies[1].cost)


def test_what_the_model_reads_matters(loans, diagnosed) -> None:
    """In money, with an interval above 0, and rising; a fee that no model reads is not told."""
    found, _ = diagnosed(loans, positive="yes", costs=COSTS)
    (only,) = found.importance
    assert only.columns == ("x",)
    assert only.low > 0
    assert found.columns == 1
    effect = [point.effect for point in found.effects["x"]]
    assert effect == sorted(effect)
    assert sum(one.rows for one in found.reliability) == found.rows == 1_200


def test_without_costs_a_loss_is_told(loans, prices, diagnosed) -> None:
    """Log loss of labels, squared error of numbers; no slider, and residuals where the target is a number."""
    found, _ = diagnosed(loans, positive="yes")
    assert (found.loss, found.slider, found.threshold_costs, found.over_time) == ("log loss", None, (), ())
    assert {cell.cost for cell in found.confusion} == {None}
    numbers, _ = diagnosed(prices)
    assert (numbers.loss, numbers.ranking, numbers.confusion) == ("squared error", (), ())
    assert numbers.residuals.under + numbers.residuals.over == pytest.approx(1.0)
    assert numbers.importance[0].loss > 1


def test_savings_are_told_over_time(loans, prices, diagnosed) -> None:
    """Where rows have a time: their mean over all periods is the saving on the test part."""
    for data, asked in (
        (loans, {"positive": "yes", "costs": COSTS}),
        (prices, {"costs": {"under": 3.0, "over": 1.0}}),
    ):
        timed = replace(data, test=replace(data.test, time=np.arange(1_200) * DAY))
        found, judgement = diagnosed(timed, **asked)
        assert len(found.over_time) > 10
        mean = np.average([one.saving for one in found.over_time], weights=[one.rows for one in found.over_time])
        assert mean == pytest.approx(judgement.verdict.test_saving, rel=1e-4)


def test_what_there_is_no_time_for_is_left_out(loans, diagnosed) -> None:
    """The first column has its turn in any case, its effect has not."""
    found, _ = diagnosed(loans, seconds=-1.0, positive="yes")
    assert len(found.importance) == 1
    assert found.effects == {}
