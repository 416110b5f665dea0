"""What is told of the test part is what the shipped bytes answer there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl import metrics
from automl.data.rows import Prepared
from automl.decide.policy.decision_policy import make_policy
from automl.decide.verdict.verdict import ROWS_SMALL
from automl.errors import DataError
from automl.pipeline import judge as judging
from automl.pipeline.choose import ChosenModel, choose, score_rows
from automl.pipeline.judge import judge, policy_scores, verdict_on
from automl.spec.limits import Fairness
from automl.spec.objective import Objective

COSTS = {"false_positive": 1, "false_negative": 5}


def chosen(data: Prepared, outcome_of: Callable, **given) -> ChosenModel:
    policy = make_policy(Objective.model_validate({"target": data.labels.name, **given}), data)
    return choose(outcome_of(data), data, policy, seed=1)


def answers_of(choice: ChosenModel, data: Prepared) -> dict[str, np.ndarray]:
    return score_rows(choice.model, data.test.inputs, threads=1)


def test_scores_are_those_of_the_graph_the_asked_ones_first(loans, outcome_of):
    """On test with intervals, out of fold on the rows that a fold predicted."""
    choice = chosen(loans, outcome_of)
    found = judge(loans, choice, asked=(metrics.get("accuracy"), metrics.get("roc_auc")), seed=1)
    p = answers_of(choice, loans)["probability"]
    assert np.array_equal(found.prediction, p)
    test = [score for score in found.scores if score.rows == "test"]
    assert [score.metric for score in test] == ["accuracy", "roc_auc", "average_precision", "log_loss", "brier"]
    assert test[1].value == metrics.score(metrics.get("roc_auc"), loans.test.y, p)
    assert test[1].low < test[1].value < test[1].high
    oof = {score.metric: score for score in found.scores if score.rows == "oof"}
    known = choice.outcome.oof[10:]
    assert oof["roc_auc"].value == metrics.score(metrics.get("roc_auc"), loans.train.y[10:], known)
    assert (oof["roc_auc"].n, oof["roc_auc"].low) == (390, None)


def test_the_verdict_counts_the_graphs_own_decisions(loans, outcome_of):
    """What 1,000 test rows cost, row by row; without costs there is none."""
    choice = chosen(loans, outcome_of, costs=COSTS)
    found = judge(loans, choice, asked=(), seed=1).verdict
    act, bad = answers_of(choice, loans)["decision"][:, 0] == "yes", loans.test.y == 1
    assert found.test_ours == pytest.approx(1_000 * np.mean(np.where(bad, ~act * 5, act * 1)))
    assert (found.evidence, found.rows) == ("test", loans.test.n)
    assert found.worth
    assert judge(loans, chosen(loans, outcome_of), asked=(), seed=1).verdict is None


def test_few_test_rows_are_helped_by_out_of_fold_rows(loans, outcome_of, monkeypatch):
    """All that a fold predicted, whose first calibration is the one that the policy stands on."""
    assert loans.test.n > ROWS_SMALL
    data = replace(loans, test=loans.test.take(np.arange(300)))
    choice = chosen(data, outcome_of, costs=COSTS, capacity={"act": "40%"})
    repeats = []
    kept = type(choice.oof).recalibrated
    monkeypatch.setattr(
        type(choice.oof), "recalibrated", lambda oof, repeat: (repeats.append(repeat), kept(oof, repeat))[1]
    )
    found = judge(data, choice, asked=(), seed=1).verdict
    assert (found.evidence, found.rows, found.test_rows) == ("test and out-of-fold", 690, 300)
    assert repeats == [0, 1, 2, 3, 4]
    assert "calibrated" in vars(choice.oof)  # it was there before the verdict asked for it


def test_no_test_row_with_a_cost_is_told(loans, outcome_of):
    """There is nothing to count."""
    data = replace(loans, test=loans.test.take(np.flatnonzero(np.isnan(loans.test.beside["fee"].to_numpy()))))
    costs = {"false_positive": "fee", "true_positive": "fee", "false_negative": "fee * 5", "missing": "refuse"}
    choice = chosen(data, outcome_of, costs=costs)
    with pytest.raises(DataError, match="no test row has a cost of what came true"):
        judge(data, choice, asked=(), seed=1)


def test_floors_that_were_promised_are_counted_on_test(loans, outcome_of):
    """The share of right ones among the rows that the graph acts on."""
    choice = chosen(loans, outcome_of, costs=COSTS, require={"precision": 0.5})
    answers = answers_of(choice, loans)
    (score,) = policy_scores(loans.test, choice.policy, answers, seed=1)
    act = answers["decision"][:, 0] == "yes"
    assert score.metric == "precision, promised 50%"
    assert (score.value, score.n) == (loans.test.y[act].mean(), act.sum())
    assert list(policy_scores(loans.test, chosen(loans, outcome_of).policy, answers, seed=1)) == []


def test_intervals_that_were_promised_are_counted_on_test(prices, outcome_of):
    """The share of truths between the bounds, and the mean width."""
    choice = chosen(prices, outcome_of, interval="80%")
    answers = answers_of(choice, prices)
    low, high = answers["prediction_low"][:, 0], answers["prediction_high"][:, 0]
    held, width = policy_scores(prices.test, choice.policy, answers, seed=1)
    assert held.metric == "coverage of 80%"
    assert held.value == np.mean((low <= prices.test.y) & (prices.test.y <= high))
    assert held.low < held.value < held.high
    assert (width.metric, width.value) == ("interval width", pytest.approx(np.mean(high - low)))
    assert verdict_on(prices, choice.oof, choice.policy, answers) is None


def test_a_number_is_judged_against_the_best_constant(prices, outcome_of):
    """What a unit under and over costs, on each test row."""
    choice = chosen(prices, outcome_of, costs={"under": 3, "over": 1})
    found = judge(prices, choice, asked=(), seed=1).verdict
    off = prices.test.y - answers_of(choice, prices)["decision"][:, 0]
    assert found.test_ours == pytest.approx(1_000 * np.mean(np.where(off > 0, 3 * off, -off)))
    assert found.worth
    few = replace(prices, test=prices.test.take(np.arange(300)))
    helped = judge(few, chosen(few, outcome_of, costs={"under": 3, "over": 1}), asked=(), seed=1).verdict
    assert (helped.evidence, helped.rows) == ("test and out-of-fold", 690)


def test_no_test_row_whose_number_has_its_amounts_is_told(prices, outcome_of):
    """As for labels."""
    data = replace(prices, test=prices.test.take(np.flatnonzero(np.isnan(prices.test.beside["fee"].to_numpy()))))
    choice = chosen(data, outcome_of, costs={"under": "fee", "over": 1, "missing": "refuse"})
    with pytest.raises(DataError, match="no test row has a cost"):
        judge(data, choice, asked=(), seed=1)


def test_groups_are_compared_by_the_bundles_own_decisions(loans, outcome_of):
    """A metric that looks at decisions looks at those that cost least, one of probabilities at these."""
    choice = chosen(loans, outcome_of, costs=COSTS)
    asked = [Fairness(column="half", metric=metric, gap=0.5) for metric in ("recall", "roc_auc")]
    found = judge(loans, choice, asked=(), seed=1, fairness=asked).groups
    answers, half = answers_of(choice, loans), loans.test.raw["half"].to_numpy() == "1"
    act, bad = answers["decision"][:, 0] == "yes", loans.test.y == 1
    by_name = {(group.metric, group.group): group for group in found}
    assert by_name["recall", "1"].value == pytest.approx(act[half & bad].mean())
    roc = metrics.score(metrics.get("roc_auc"), loans.test.y[half], answers["probability"][half])
    assert (by_name["roc_auc", "1"].value, by_name["roc_auc", "1"].n) == (pytest.approx(roc), half.sum())


def test_every_kind_of_task_has_metrics_that_are_always_told():
    """And each is known."""
    for names in judging.REPORTED.values():
        assert all(metrics.get(name).name == name for name in names)


@pytest.mark.parametrize(
    ("metric", "y", "reason"),
    [
        ("mape", 0.0, "the target is 0 in 1 of 1,200 rows"),
        ("rmsle", -1.0, "below 0 in 1 of 1,200 rows"),
        ("gamma_deviance", 0.0, "not above 0 in 1 of 1,200 rows"),
        ("mape", 1e-310, "larger than any number"),
    ],
)
def test_a_metric_without_a_value_on_test_says_why(metric, y, reason, prices, outcome_of):
    """R17: it does not vanish, and JSON can be written; out of fold it has its value."""
    test = replace(prices.test, y=np.where(np.arange(prices.test.n) == 7, y, np.abs(prices.test.y)))
    train = replace(prices.train, y=np.abs(prices.train.y) + 1)
    data = replace(prices, train=train, test=test)
    found = judge(data, chosen(data, outcome_of), asked=(metrics.get(metric),), seed=1).scores
    told, oof = (next(s for s in found if (s.metric, s.rows) == (metric, part)) for part in ("test", "oof"))
    assert (told.value, told.low, told.n) == (None, None, 1_200)
    assert reason in told.reason
    assert oof.value > 0
    assert oof.reason is None


def test_one_label_in_test_has_no_ranking_and_its_other_scores(loans, outcome_of):
    """R17: both rank metrics say so, with the count; log loss has its value."""
    data = replace(loans, test=loans.test.take(np.flatnonzero(loans.test.y == 0)))
    found = judge(data, chosen(data, outcome_of), asked=(), seed=1).scores
    told = {score.metric: score for score in found if score.rows == "test"}
    for name in ("roc_auc", "average_precision"):
        assert (told[name].value, told[name].reason) == (None, f"all {data.test.n} rows have the same label")
    assert told["log_loss"].value > 0
