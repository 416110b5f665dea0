"""What ships is calibrated, decides by its policy, and is proven equal to its parts."""

from __future__ import annotations

import numpy as np
import pytest

from automl.data.rows import Prepared
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.decision_policy import DecisionPolicy, fit_policy, make_policy
from automl.errors import BundleError, LimitRefusal
from automl.ops.bulk import evaluate
from automl.pipeline.choose import choose, score_rows
from automl.spec.objective import Objective

COSTS = {"false_positive": "fee", "false_negative": 5}


def asked(data: Prepared, **given) -> DecisionPolicy:
    return make_policy(Objective.model_validate({"target": data.labels.name, **given}), data)


def test_the_graph_answers_with_the_calibrated_score_and_the_action_that_costs_least(loans, outcome_of):
    """Row by row as by hand; where the fee is missing its mean of train stands in."""
    choice = choose(outcome_of(loans), loans, asked(loans, costs=COSTS), seed=1)
    answers = score_rows(choice.model, loans.test.inputs, threads=2)
    x, fee = loans.test.frame["x"].to_numpy(), loans.test.beside["fee"].to_numpy()
    score = (1 / (1 + np.exp(-2 * x)))[:, None]
    p = choice.calibration.apply(score)[:, 0]
    assert answers["probability"][:, 0] == pytest.approx(p)
    fee = np.where(np.isnan(fee), np.nanmean(loans.train.beside["fee"].to_numpy()), fee)
    act = (1 - p) * fee < p * 5
    assert (answers["decision"][:, 0] == np.where(act, "yes", "no")).all()
    assert answers["expected_cost"][:, 0] == pytest.approx(np.where(act, (1 - p) * fee, p * 5))


def test_scores_do_not_hang_on_the_threads(loans, outcome_of):
    """The bits are the same, and those of the expressions."""
    choice = choose(outcome_of(loans), loans, asked(loans), seed=1)
    one, four = (score_rows(choice.model, loans.test.inputs, threads=threads) for threads in (1, 4))
    assert all(np.array_equal(one[name], four[name]) for name in one)
    by_ops = evaluate(choice.assembly.outputs, loans.test.inputs)
    assert one["probability"] == pytest.approx(np.asarray(by_ops["probability"]), abs=1e-12)


def test_the_reader_has_what_the_graph_takes_and_the_evidence_the_rest(loans, outcome_of):
    """A column of the rule in use now is read for the verdict alone."""
    plain = choose(outcome_of(loans), loans, asked(loans), seed=1)
    assert [entry["name"] for entry in plain.reader["columns"]] == ["x"]
    ruled = asked(loans, costs={"false_positive": 1, "false_negative": 5}, today={"act": "fee > 1"})
    found = choose(outcome_of(loans), loans, ruled, seed=1).reader
    assert [[entry["name"] for entry in found[part]] for part in ("columns", "evidence")] == [["x"], ["fee"]]


def test_the_policy_is_fitted_on_the_rows_that_a_fold_predicted(loans, outcome_of):
    """Prices of a capacity are those of the 390 rows, and the choice hands these rows on."""
    policy = asked(loans, costs=COSTS, capacity={"act": "20%"})
    outcome = outcome_of(loans)
    choice = choose(outcome, loans, policy, seed=3)
    assert (choice.oof.rows.n, choice.oof.seed) == (390, 3)
    alone = fit_policy(policy, OutOfFold.of(outcome.oof, loans.train, loans.labels.task, seed=3))
    assert choice.policy.capacity.prices.tolist() == alone.capacity.prices.tolist()
    assert choice.policy.capacity.prices[1] > 0


def test_a_number_gets_its_interval_and_its_decision(prices, outcome_of):
    """No calibration, and what the spec asks for beside the prediction."""
    policy = asked(prices, costs={"under": 3, "over": 1}, interval="80%")
    choice = choose(outcome_of(prices), prices, policy, seed=1)
    answers = score_rows(choice.model, prices.test.inputs, threads=1)
    assert choice.calibration.method == "none"
    assert list(answers) == ["prediction", "prediction_low", "prediction_high", "decision", "expected_cost"]
    low, middle, high = (answers[f"prediction{end}"][:, 0] for end in ("_low", "", "_high"))
    assert ((low < middle) & (middle < high)).all()
    assert (answers["decision"][:, 0] > middle).all()


def test_a_member_that_the_graph_does_not_compute_stays_out(loans, outcome_of):
    """B13: the other one ships alone, and the reason names the member."""
    outcome = outcome_of(loans, slopes=(2.0, 3.0), native_off=(0.0, 0.5))
    choice = choose(outcome, loans, asked(loans), seed=1)
    assert [member.params["l2"] for member in choice.outcome.members] == [2.0]
    assert choice.outcome.weights == (1.0,)
    (reason,) = choice.left_out
    assert "member 1 (linear): the raw score differs" in reason


def test_no_sound_member_is_no_bundle(loans, outcome_of):
    """B13: an error of ours, with exit code 7."""
    with pytest.raises(BundleError, match="the raw score differs"):
        choose(outcome_of(loans, native_off=(0.5,)), loans, asked(loans), seed=1)


def test_what_cannot_be_promised_is_refused(loans, outcome_of):
    """No policy over this score is right in 99.9 % of all cases that it acts on."""
    policy = asked(loans, costs={"false_positive": 1, "false_negative": 5}, require={"precision": 0.999})
    with pytest.raises(LimitRefusal, match=r"precision of 0\.999 cannot be promised"):
        choose(outcome_of(loans), loans, policy, seed=1)
