"""The verdict says what the model saves, how sure that is, and what it hangs on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import Bootstrap
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import compared, judge_labels
from automl.ops.expr import Column

GERMAN_COSTS = CostMatrix(
    actions=("good", "bad"), matrix=np.array([[0.0, 1.0], [5.0, 0.0]]), cells=BINARY_CELLS, currency="DM", given=True
)
GERMAN = LabelPolicy(costs=GERMAN_COSTS)


def scored(n: int, *, strength: float, seed: int = 0, policy: LabelPolicy = GERMAN, **more) -> DecidedRows:
    """Rows with 30 % positives and a calibrated probability that knows the more, the larger its strength."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-0.9, strength, n)
    p = (1 / (1 + np.exp(-z)))[:, None]
    y = (rng.random(n) < p[:, 0]).astype(np.float64)
    return DecidedRows(decisions=policy.choose(p), y=y, p=p, **more)


def test_costs_are_per_1000_rows_and_the_best_policy_without_a_model_is_named():
    """Four rows, counted by hand: one false alarm of ours against two of always acting."""
    rows = DecidedRows(decisions=np.array([0, 1, 1, 1]), y=np.array([0.0, 0.0, 1.0, 1.0]))
    found = judge_labels(rows, GERMAN, seed=1)
    assert found.ours == 250
    assert [(policy.action, policy.cost) for policy in found.policies] == [("good", 2500), ("bad", 500)]
    assert (found.best, found.saving, found.test_total) == ("bad", 250, 1.0)
    assert {amount.cell: amount.cost for amount in found.amounts} == {
        "true_negative": 0,
        "false_positive": 1,
        "false_negative": 5,
        "true_positive": 0,
    }


def test_a_good_model_is_worth_deploying():
    """The interval lies above 0, and the reason says so in money."""
    found = judge_labels(scored(2_000, strength=2.0), GERMAN, seed=1)
    assert found.worth
    assert 0 < found.low < found.saving < found.high
    assert "The interval lies above 0, so deploying is worth it." in found.reason
    assert "DM per 1,000 rows against always 'bad'" in found.reason


def test_a_useless_model_is_not_worth_deploying():
    """Random decisions lose against the best constant one."""
    rows = replace(scored(2_000, strength=0.0), decisions=np.random.default_rng(1).integers(0, 2, 2_000))
    found = judge_labels(rows, GERMAN, seed=1)
    assert not found.worth
    assert found.saving < 0
    assert "the model loses" in found.reason
    assert "not shown to be worth it" in found.reason


def test_a_copy_of_the_best_constant_policy_is_not_worth_deploying():
    """A saving of exactly 0 has an interval that does not lie above 0."""
    found = judge_labels(replace(scored(500, strength=1.0), decisions=np.ones(500, dtype=np.int64)), GERMAN, seed=1)
    assert (found.saving, found.low, found.high, found.worth) == (0, 0, 0, False)


def test_without_costs_there_is_no_verdict():
    """0/1 costs are nobody's money."""
    assert judge_labels(scored(50, strength=1.0), LabelPolicy(costs=replace(GERMAN_COSTS, given=False)), seed=1) is None


@pytest.mark.parametrize("group_size", [1, 5])
def test_the_interval_covers_the_true_saving(group_size):
    """95 % intervals hold the truth in 91 to 99 % of 120 samples, and with rows that come in groups too."""
    truth = judge_labels(scored(200_000, strength=1.5, seed=99), GERMAN, seed=1).saving
    hits = 0
    for seed in range(120):
        single = scored(300, strength=1.5, seed=seed)
        rows = DecidedRows(
            y=np.repeat(single.y, group_size),
            decisions=np.repeat(single.decisions, group_size),
            group=np.repeat(np.arange(300), group_size),
        )
        found = compared(rows, GERMAN, Bootstrap.over(rows.y.size, rows.group, seed=seed, resamples=300))
        hits += found.low <= truth <= found.high
    assert 0.91 <= hits / 120 <= 0.99


def test_weights_count():
    """A row of weight 2 is two rows, in the costs and in the saving."""
    light = scored(300, strength=1.5)
    twice = np.concatenate((np.arange(300), np.arange(100)))
    weight = np.r_[np.full(100, 2.0), np.ones(200)]
    doubled = DecidedRows(decisions=light.decisions[twice], y=light.y[twice])
    assert judge_labels(replace(light, weight=weight), GERMAN, seed=1).ours == pytest.approx(
        judge_labels(doubled, GERMAN, seed=1).ours
    )


def test_few_test_rows_are_helped_by_out_of_fold_rows_and_the_verdict_says_so():
    """German credit has 250 test rows: alone they cannot tell, with 750 out-of-fold rows they can."""
    test, oof = scored(250, strength=1.3, seed=3), scored(750, strength=1.3, seed=4)
    alone, helped = judge_labels(test, GERMAN, seed=1), judge_labels(test, GERMAN, seed=1, oof=oof)
    assert (alone.evidence, alone.rows) == ("test", 250)
    assert (helped.evidence, helped.rows, helped.test_rows) == ("test and out-of-fold", 1_000, 250)
    assert helped.high - helped.low < alone.high - alone.low
    assert (helped.test_saving, helped.test_low) == (alone.saving, alone.low)
    assert "250 test rows and 750 out-of-fold rows" in helped.reason


def test_enough_test_rows_stand_alone():
    """From 1,000 test rows on out-of-fold rows are not looked at."""
    found = judge_labels(scored(1_000, strength=1.3), GERMAN, seed=1, oof=scored(5_000, strength=1.3))
    assert (found.evidence, found.rows) == ("test", 1_000)


def test_out_of_fold_rows_cannot_carry_a_verdict_that_the_test_part_contradicts():
    """A model that saves out of fold and nothing on test is not deployed."""
    test = replace(scored(100, strength=1.0), decisions=np.ones(100, dtype=np.int64))
    found = judge_labels(test, GERMAN, seed=1, oof=scored(3_000, strength=2.0))
    assert found.low > 0
    assert not found.worth
    assert "The test part alone saves nothing" in found.reason


def test_each_amount_is_halved_and_doubled_and_decided_again():
    """With costs of 1 to 2.5 acting is right above 0.29 instead of 0.17: the scenario takes other decisions."""
    rows = scored(2_000, strength=1.5)
    scenarios = {(s.cell, s.factor): s for s in judge_labels(rows, GERMAN, seed=1).scenarios}
    assert set(scenarios) == {(cell, f) for cell in ("false_positive", "false_negative") for f in (0.5, 2.0)}
    halved = scenarios["false_negative", 0.5]
    changed = GERMAN.scaled(1, 0, 0.5)
    again = judge_labels(replace(rows, decisions=changed.choose(rows.p)), changed, seed=1)
    assert halved.amount == 2.5
    assert (halved.saving, halved.low, halved.worth) == (again.saving, again.low, again.worth)


def test_without_probabilities_the_decisions_stay():
    """Then a scenario only counts the same mistakes at other prices."""
    rows = replace(scored(2_000, strength=1.5), p=None)
    doubled = judge_labels(rows, GERMAN, seed=1).scenarios[1]
    assert doubled.cell == "false_negative"
    assert doubled.saving == pytest.approx(judge_labels(rows, GERMAN.scaled(1, 0, 2.0), seed=1).saving)


def test_a_matrix_of_several_classes_and_actions_is_judged():
    """Three truths, four actions: each constant action is a policy, each amount a scenario, no break-even."""
    rng = np.random.default_rng(5)
    cells = tuple(tuple(f"{truth}.{action}" for action in "wxyz") for truth in "abc")
    matrix = np.array([[0.0, 4, 8, 2], [4, 0, 4, 2], [8, 4, 0, 2]])
    costs = CostMatrix(actions=("w", "x", "y", "z"), matrix=matrix, cells=cells, currency="EUR", given=True)
    policy = LabelPolicy(costs=costs)
    p = rng.dirichlet(np.full(3, 0.3), size=3_000)
    y = (rng.random((3_000, 1)) > p.cumsum(axis=1)).sum(axis=1).astype(np.float64)
    found = judge_labels(DecidedRows(decisions=policy.choose(p), y=y, p=p), policy, seed=1)
    assert found.worth
    assert [policy.action for policy in found.policies] == ["w", "x", "y", "z"]
    assert found.best == "z"
    assert found.break_even is None
    assert len(found.scenarios) == 2 * 9


def test_the_same_seed_gives_the_same_verdict():
    """R12: the interval is drawn from the seed alone."""
    rows = scored(3_000, strength=1.0)
    assert judge_labels(rows, GERMAN, seed=4) == judge_labels(rows, GERMAN, seed=4)


def by_row(evidence: DecidedRows, false_positive: float, false_negative: np.ndarray) -> tuple[DecidedRows, LabelPolicy]:
    """The same rows with a false negative that costs something else on each, decided again."""
    amounts = np.zeros((evidence.n, 2, 2))
    amounts[:, 0, 1], amounts[:, 1, 0] = false_positive, false_negative
    mean = RowCost(text="amount", expr=Column("amount"), mean=float(false_negative.mean()))
    matrix = np.array([[0.0, false_positive], [mean.mean, 0.0]])
    policy = LabelPolicy(costs=replace(GERMAN_COSTS, matrix=matrix, rows={(1, 0): mean}))
    return replace(evidence, decisions=policy.choose(evidence.p, amounts), amounts=amounts), policy


def test_row_costs_that_are_all_equal_tell_what_constants_tell():
    """The same verdict, number by number, but for how the amount is called."""
    plain = judge_labels(scored(2_000, strength=1.5), GERMAN, seed=1)
    found = judge_labels(*by_row(scored(2_000, strength=1.5), 1.0, np.full(2_000, 5.0)), seed=1)
    amounts = [replace(amount, formula=None) for amount in found.amounts]
    assert replace(found, amounts=tuple(amounts)) == plain
    assert [amount.formula for amount in found.amounts] == [None, None, "amount", None]


def test_row_costs_are_counted_row_by_row():
    """What ours and the others cost is the sum over rows; an amount is told as its mean over the rows of its truth."""
    rows = scored(3_000, strength=1.5)
    amount = np.random.default_rng(5).gamma(0.5, 10.0, 3_000)
    evidence, policy = by_row(rows, 1.0, amount)
    found = judge_labels(evidence, policy, seed=1)
    missed = (evidence.y == 1) & (evidence.decisions == 0)
    acted = (evidence.y == 0) & (evidence.decisions == 1)
    assert found.ours == pytest.approx(1000 * (amount[missed].sum() + acted.sum()) / 3_000)
    assert found.policies[0].cost == pytest.approx(1000 * amount[evidence.y == 1].sum() / 3_000)
    assert found.amounts[2].cost == pytest.approx(amount[evidence.y == 1].mean())
    doubled = next(case for case in found.scenarios if (case.cell, case.factor) == ("false_negative", 2.0))
    again, twice = by_row(rows, 1.0, 2 * amount)
    assert doubled.saving == pytest.approx(judge_labels(again, twice, seed=1).saving)
    assert doubled.amount == pytest.approx(2 * found.amounts[2].cost)


def test_rows_that_were_left_out_are_told():
    """Nobody can say what they would have cost."""
    found = judge_labels(replace(scored(2_000, strength=1.5), unpriced=30), GERMAN, seed=1)
    assert found.unpriced == 30
    assert "30 rows are left out" in found.reason
