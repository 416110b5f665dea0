"""Today's rule is one more policy without a model, and the model has to beat it."""

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.costs.cost_matrix import Costs, make_costs
from automl.decide.policy.expected_cost import choose
from automl.decide.verdict.decided_rows import Evidence, decided_rows
from automl.decide.verdict.label_verdict import judge
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


def made(act: str, **costs: object) -> Costs:
    said = {"target": "bad", "costs": costs or {"false_positive": 1, "false_negative": 5}, "today": {"act": act}}
    return make_costs(Objective.model_validate(said), LABELS, prepared(rows()))


def judged(costs: Costs) -> tuple[Evidence, object]:
    part = rows()
    p = np.full((part.n, 1), 0.5)
    evidence = decided_rows(part, choose(p, costs), p, costs)
    return evidence, judge(evidence, costs, seed=1)


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
    costs = made("amount > 2 or is_missing(amount)")
    evidence, _ = judged(costs)
    copy = Evidence(decisions=evidence.today, y=evidence.y, today=evidence.today)
    verdict = judge(copy, costs, seed=1)
    assert verdict.best == "today's rule"
    assert (verdict.saving, verdict.low, verdict.worth, verdict.break_even) == (0, 0, False, None)
    assert "against today's rule, the best policy without a model" in verdict.reason
    assert judge(Evidence(decisions=copy.decisions, y=copy.y), costs=made_without(), seed=1).worth


def made_without() -> Costs:
    said = {"target": "bad", "costs": {"false_positive": 1, "false_negative": 5}}
    return make_costs(Objective.model_validate(said), LABELS)


def test_the_break_even_holds_against_the_rule_too():
    """At the bounds the model and one of the other policies cost the same; between them it is the cheapest."""
    part = rows()
    act = (np.nan_to_num(part.frame["amount"].to_numpy(), nan=5.0) > 2.5).astype(np.int64)
    costs = made("amount > 6")
    evidence = Evidence(decisions=act, y=part.y, today=costs.today.decisions(part.inputs))
    span = judge(evidence, costs, seed=1).break_even

    def cost(decisions: np.ndarray, amount: float) -> float:
        return float(np.where(part.y == 1, 5.0 * (decisions == 0), amount * (decisions == 1)).mean())

    others = [np.zeros(part.n), np.ones(part.n), evidence.today]
    for bound in (span.low, span.high):
        assert cost(act, bound) == pytest.approx(min(cost(other, bound) for other in others))
    middle = (span.low + span.high) / 2
    assert cost(act, middle) < min(cost(other, middle) for other in others)
    assert cost(act, span.high) == pytest.approx(cost(evidence.today, span.high))


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
        make_costs(objective, LABELS, prepared(rows()))
