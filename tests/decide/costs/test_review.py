"""A review is one more action: its cost is its fee and what its reviewer's answers cost, truth by truth."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.data.rows import Labels
from automl.decide.costs.cost_matrix import CostMatrix, make_cost_matrix
from automl.decide.costs.review import ReviewCost
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import judge_labels
from automl.errors import SpecError
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column, Multiply, Stub, constant
from automl.spec.objective import Objective
from automl.task import Task

BINARY = Labels(name="fraud", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
AMOUNTS = st.one_of(st.just(None), st.just(0.0), st.floats(-1e3, 1e3), st.sampled_from([1e12, -1e12]))


def made(*, review: dict[str, object] | None, **given) -> LabelPolicy:
    table = {"false_positive": 4, "false_negative": 40, "true_positive": 1, **given.pop("costs", {})}
    objective = Objective.model_validate({"target": "fraud", "costs": table, "review": review, **given})
    return LabelPolicy(costs=make_cost_matrix(objective, BINARY))


def brute_force(p: float, matrix: np.ndarray, fee: float, error: float) -> list[float]:
    """Each action's expected cost, counted case by case."""
    each = [sum(share * row[action] for share, row in zip((1 - p, p), matrix, strict=True)) for action in (0, 1)]
    cases = [(share, row) for share, row in zip((1 - p, p), matrix, strict=True)]
    review = sum(share * (fee + error * max(row) + (1 - error) * min(row)) for share, row in cases)
    return [*each, review]


def test_the_decision_is_that_of_brute_force():
    """For random costs, gains among them, and every probability: the action of smallest expected cost."""
    rng = np.random.default_rng(0)
    reviewed = 0
    for _ in range(100):
        fp, fn, tp, tn = rng.normal(2, 5, 4)
        fee, error = rng.exponential(1.0), rng.uniform(0, 0.3)
        policy = made(
            review={"cost": fee, "error": error},
            costs={"false_positive": fp, "false_negative": fn, "true_positive": tp, "true_negative": tn},
        )
        p = rng.random((50, 1))
        expected = [int(np.argmin(brute_force(q, np.array([[tn, fp], [fn, tp]]), fee, error))) for q in p[:, 0]]
        assert policy.choose(p).tolist() == expected
        found = evaluate(policy.graph_outputs(Stub("p")), {}, stubs={"p": p})
        assert found["decision"].to_list() == [("no", "yes", "review")[code] for code in expected]
        reviewed += expected.count(2)
    assert reviewed > 50


def test_the_formula_is_that_of_its_source():
    """That is, c + e (p max(TP, FN) + (1-p) max(TN, FP)) + (1-e) (p min(TP, FN) + (1-p) min(TN, FP))."""
    policy = made(review={"cost": 2.5, "error": "5%"})
    p = np.array([0.1])
    each = np.array([0.9, 0.1]) @ policy.costs.matrix
    assert each[2] == pytest.approx(2.5 + 0.05 * (0.1 * 40 + 0.9 * 4) + 0.95 * (0.1 * 1 + 0.9 * 0))
    assert policy.choose(p[:, None]).tolist() == [2]


def test_a_free_and_faultless_review_takes_every_row_and_a_dear_one_none():
    """The two ends."""
    p = np.linspace(0.01, 0.99, 99)[:, None]
    assert set(made(review={"cost": 0}).choose(p).tolist()) == {2}
    assert 2 not in made(review={"cost": 50}).choose(p)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), AMOUNTS), min_size=1, max_size=30), st.booleans(), st.floats(0, 0.5))
def test_the_graph_reviews_the_same_rows(rows, asks, error):
    """Row costs of 0, negative, huge and null: the graph's decisions are numpy's, but for ties of 1e-6."""
    loss = RowCost(text="amount * 0.8", expr=Multiply(Column("amount"), constant(0.8)), mean=7.0)
    others = np.array([[0.0, 4.0], [7.0, 1.0]])
    review = ReviewCost(cost=1.5, error=error)
    costs = CostMatrix(
        actions=("no", "yes", "ask"),
        matrix=review.added(others),
        cells=(("true_negative", "false_positive", "review"), ("false_negative", "true_positive", "review")),
        currency="",
        given=True,
        rows={(1, 0): loss},
        asks=asks,
        review=review,
    )
    p = np.array([[share] for share, _ in rows])
    frame = pl.DataFrame(
        {"amount": [np.nan if amount is None else amount for _, amount in rows]}, schema={"amount": pl.Float64}
    )
    outputs = LabelPolicy(costs=costs).graph_outputs(Stub("p"))
    found = open_session(to_onnx(outputs, inputs=[Stub("p"), Column("amount")])).run(
        {"p": p, "amount": frame["amount"].to_numpy()}
    )
    codes = [costs.actions.index(text) for text in found["decision"][:, 0]]
    for row, (share, amount) in enumerate(rows):
        matrix = np.array([[0.0, 4.0], [7.0 if amount is None else 0.8 * amount, 1.0]])
        each = brute_force(share, matrix, 1.5, error)
        if amount is None and asks:
            assert codes[row] == 2
        else:
            assert each[codes[row]] <= min(each) + 1e-6 * max(1.0, np.abs(each).max())


def test_the_verdict_counts_reviews_and_says_how_many():
    """Always reviewing is to be beaten too; what a review costs is among the amounts that are moved."""
    rng = np.random.default_rng(1)
    p = rng.beta(0.5, 2.0, (4_000, 1))
    y = (rng.random(4_000) < p[:, 0]).astype(np.float64)
    policy = made(review={"cost": 2.5, "error": "5%"})
    decisions = policy.choose(p)
    verdict = judge_labels(DecidedRows(decisions=decisions, y=y, p=p), policy, seed=1)
    assert [policy.action for policy in verdict.policies] == ["no", "yes", "review"]
    assert verdict.ours == pytest.approx(1_000 * policy.costs.matrix[y.astype(int), decisions].mean())
    assert [taken.action for taken in verdict.taken] == ["no", "yes", "review"]
    assert [taken.share for taken in verdict.taken] == pytest.approx([np.mean(decisions == code) for code in range(3)])
    assert ("review", 2.5) in [(amount.cell, amount.cost) for amount in verdict.amounts]
    cases = {(case.cell, case.factor): case for case in verdict.scenarios}
    for factor in (0.5, 2.0):
        again = made(review={"cost": 2.5 * factor, "error": "5%"})
        by_action = 1_000 * again.costs.matrix[y.astype(int)]
        ours = by_action[np.arange(y.size), again.choose(p)].mean()
        assert cases["review", factor].amount == 2.5 * factor
        assert cases["review", factor].saving == pytest.approx(by_action.mean(axis=0).min() - ours)


def test_a_changed_amount_changes_the_review_too():
    """Doubling a miss doubles what a wrong review of it costs."""
    costs = made(review={"cost": 2.5, "error": "5%"}).costs
    assert costs.scaled(1, 0, 2.0).matrix[1].tolist() == [80.0, 1.0, 2.5 + 0.05 * 80 + 0.95 * 1]
    assert costs.scaled(0, 2, 2.0).matrix[0].tolist() == [0.0, 4.0, 5.0 + 0.05 * 4]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"review": {"cost": 1}, "costs": None}, "objective.review: a review is weighed against"),
        ({"names": {"review": "ask"}}, "objective.names.review: there is no review"),
        ({"costs": {"false_positive": 1, "false_negative": 5, "missing": "review"}}, "missing: there is no review"),
        ({"review": {"cost": 1}, "names": {"review": "yes"}}, "one name: 'yes'"),
    ],
)
def test_a_review_that_makes_no_sense_is_refused(given, told):
    """Each with its place."""
    objective = {"target": "fraud", "costs": {"false_positive": 1, "false_negative": 5}, **given}
    with pytest.raises(SpecError, match=told):
        make_cost_matrix(Objective.model_validate(objective), BINARY)
