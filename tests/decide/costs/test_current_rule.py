"""Today's rule is one more policy without a model, and the model has to beat it."""

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.costs.cost_matrix import make_cost_matrix
from automl.decide.costs.current_rule import make_current_rule
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.decided_rows import DecidedRows, decided_rows
from automl.decide.verdict.label_verdict import judge_labels
from automl.errors import SpecError
from automl.spec.objective import Objective
from automl.task import Task

LABELS = Labels(name="bad", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
MATRIX = {"no": {"a": 0, "b": 1}, "yes": {"a": 5, "b": 0}}


def rows(n: int = 1_500, *, seed: int = 0) -> Rows:
    """Amounts, one in ten unknown, and a truth that goes with them."""
    rng = np.random.default_rng(seed)
    amount = rng.uniform(0, 10, n)
    y = (rng.random(n) < amount / 10).astype(np.float64)
    known = pl.DataFrame({"amount": np.where(rng.random(n) < 0.1, np.nan, amount)})
    return Rows(frame=known, raw=known, y=y)


def prepared(part: Rows) -> Prepared:
    column = Column(name="amount", wire="number", role="feature", reason="", is_feature=True, reader={})
    return Prepared(
        schema=Schema(columns=(column,)), labels=LABELS, train=part, test=part, findings=(), split="", digests={}
    )


def made(act: str | None, **costs: object) -> LabelPolicy:
    said = {"target": "bad", "costs": costs or {"false_positive": 1, "false_negative": 5}}
    objective = Objective.model_validate(said | ({"today": {"act": act}} if act else {}))
    return LabelPolicy(
        costs=make_cost_matrix(objective, LABELS), current_rule=make_current_rule(objective, LABELS, prepared(rows()))
    )


def judged(policy: LabelPolicy) -> tuple[DecidedRows, object]:
    part = rows()
    p = np.full((part.n, 1), 0.5)
    evidence = decided_rows(part, policy.choose(p), p, policy)
    return evidence, judge_labels(evidence, policy, seed=1)


def test_the_rule_is_counted_row_by_row():
    """Its cost is what the truth makes of its decisions; a row that it cannot tell is left alone."""
    _, verdict = judged(made("amount > 3"))
    part = rows()
    act = np.nan_to_num(part.frame["amount"].to_numpy(), nan=-1.0) > 3
    cost = 1_000 * np.where(part.y == 1, 5.0 * ~act, 1.0 * act).mean()
    assert [(policy.action, policy.rule) for policy in verdict.policies[:2]] == [("no", None), ("yes", None)]
    assert verdict.policies[2].rule == "amount > 3"
    assert verdict.policies[2].cost == pytest.approx(cost)


def test_a_model_that_beats_the_constant_policies_and_not_the_rule_is_not_worth_it():
    """The saving is against the rule where that is the best, and a copy of the rule saves nothing."""
    policy = made("amount > 2 or is_missing(amount)")
    evidence, _ = judged(policy)
    copy = DecidedRows(decisions=evidence.by_rule, y=evidence.y, by_rule=evidence.by_rule)
    verdict = judge_labels(copy, policy, seed=1)
    assert verdict.best == "today's rule"
    assert (verdict.saving, verdict.low, verdict.worth, verdict.break_even) == (0, 0, False, None)
    assert "against today's rule, the best policy without a model" in verdict.reason
    assert judge_labels(DecidedRows(decisions=copy.decisions, y=copy.y), made(None), seed=1).worth


def test_the_break_even_holds_against_the_rule_too():
    """At the bounds the model and one of the other policies cost the same; between them it is the cheapest."""
    part = rows()
    act = (np.nan_to_num(part.frame["amount"].to_numpy(), nan=5.0) > 2.5).astype(np.int64)
    policy = made("amount > 6")
    evidence = DecidedRows(decisions=act, y=part.y, by_rule=policy.current_rule.decisions(part.inputs))
    span = judge_labels(evidence, policy, seed=1).break_even

    def cost(decisions: np.ndarray, amount: float) -> float:
        return float(np.where(part.y == 1, 5.0 * (decisions == 0), amount * (decisions == 1)).mean())

    others = [np.zeros(part.n), np.ones(part.n), evidence.by_rule]
    for bound in (span.low, span.high):
        assert cost(act, bound) == pytest.approx(min(cost(other, bound) for other in others))
    middle = (span.low + span.high) / 2
    assert cost(act, middle) < min(cost(other, middle) for other in others)
    assert cost(act, span.high) == pytest.approx(cost(evidence.by_rule, span.high))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("amount", "expected a condition such as amount > 50"),
        ("amont > 3", "no column 'amont'"),
        ("amount >", "expected a number"),
        ("bad == 'yes'", "no column 'bad'"),
    ],
)
def test_a_rule_that_is_wrong_is_told_with_its_place(act, told):
    """As for costs."""
    with pytest.raises(SpecError, match=told) as error:
        made(act)
    assert "objective.today.act" in str(error.value)


@pytest.mark.parametrize("said", [{}, {"costs": {"matrix": MATRIX}}])
def test_a_rule_needs_costs_of_two_answers(said):
    """Without money there is nothing to compare, and with named actions nobody knows which is to act."""
    objective = Objective.model_validate({"target": "bad", "today": {"act": "amount > 3"}, **said})
    with pytest.raises(SpecError, match="today's rule"):
        make_current_rule(objective, LABELS, prepared(rows()))
