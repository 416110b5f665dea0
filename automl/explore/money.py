"""Money before any model: policies without one, the best rule on one column, and what nobody can beat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Prepared, Rows
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.capacity import allot
from automl.decide.policy.decision_policy import make_policy
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.baselines import baselines, costs_without_model, rule_within_capacity
from automl.decide.verdict.bootstrap import PER, Bootstrap, interval
from automl.decide.verdict.decided_numbers import BaselineRows
from automl.decide.verdict.decided_rows import shares_of, taken
from automl.explore.one_column import best_rule
from automl.explore.profile import Money, Policy
from automl.spec import Spec

Floats = NDArray[np.float64]
Named = tuple[str, str, Floats]  # a policy's kind, its name, and what each row costs under it
PERFECT = "a perfect model"


def money_before(data: Prepared, spec: Spec) -> Money | None:
    """What 1,000 rows of the test part cost under each policy that needs no model; None without costs.

    What is learned, the best rule on one column and the best number for all rows, is learned on train. A cost that is
    known only afterwards counts as it came out. A perfect model keeps capacities; a rule on one column is left out
    under them. Raises SpecError and DataError as a fit does for costs that are wrong.
    """
    policy = make_policy(spec.objective, data)
    if isinstance(policy, LabelPolicy):
        return _of_labels(data, policy, spec.budget.seed) if policy.in_money else None
    return _of_numbers(data, policy.costs, spec.budget.seed) if policy.costs is not None else None


def _of_labels(data: Prepared, policy: LabelPolicy, seed: int) -> Money | None:
    keep = _priced(data.test, policy)
    if not keep.size:
        return None
    rows = data.test.take(keep)
    return _money(list(_label_policies(data, rows, policy, seed)), rows, policy.currency, data.test.n, seed)


def _label_policies(data: Prepared, rows: Rows, policy: LabelPolicy, seed: int) -> Iterator[Named]:
    by_action, shares = _by_action(rows, policy), shares_of(rows.n, rows.weight)
    by_rule = policy.current_rule.decisions(rows.inputs) if policy.current_rule else None
    costs = costs_without_model(policy, by_action, by_rule, shares)
    for baseline, cost in zip(baselines(policy), costs.T, strict=False):
        yield "constant", baseline.name if baseline.mixed else f"always '{baseline.name}'", cost
    if policy.current_rule is not None and by_rule is not None:
        yield "today", rule_within_capacity(policy, by_rule, shares)[0], costs[:, -1]
    if policy.capacity is None:
        yield from _one_column(data, rows, policy, by_action, seed)
        yield "perfect", PERFECT, by_action.min(axis=1)
    else:
        yield "perfect", PERFECT, taken(by_action, allot(by_action, policy.capacity.room(rows.n)))


def _one_column(data: Prepared, rows: Rows, policy: LabelPolicy, by_action: Floats, seed: int) -> Iterator[Named]:
    learned = data.train.take(_priced(data.train, policy))
    dates = [column.name for column in data.schema.features if column.wire == "date"]
    rule = best_rule(learned.frame, _by_action(learned, policy), shares_of(learned.n, learned.weight), dates, seed)
    if rule is not None:
        yield "one column", rule.text(policy.actions), taken(by_action, rule.decide(rows.frame[rule.column]))


def _priced(rows: Rows, policy: LabelPolicy) -> NDArray[np.int64]:
    """The rows that have the costs of their own truth."""
    return np.flatnonzero(policy.costs.known(rows.inputs)[np.arange(rows.n), rows.y.astype(np.int64)])


def _by_action(rows: Rows, policy: LabelPolicy) -> Floats:
    """What each action costs on each row given its truth [n, actions]."""
    truth, amounts = rows.y.astype(np.int64), policy.costs.amounts(rows.inputs)
    return policy.costs.matrix[truth] if amounts is None else amounts[np.arange(rows.n), truth]


def _of_numbers(data: Prepared, costs: UnitCosts, seed: int) -> Money | None:
    rows = data.test.take(np.flatnonzero(costs.known(data.test.inputs)))
    learned = BaselineRows.of(data.train, costs)
    if not rows.n or not learned.y.size:
        return None
    best = learned.best_constant(costs)
    always = costs.of(np.full(rows.n, best), rows.y, costs.amounts(rows.inputs))
    found: list[Named] = [
        ("constant", f"always {best:.6g}, the best number for all rows", always),
        ("perfect", PERFECT, np.zeros(rows.n)),
    ]
    return _money(found, rows, costs.currency, data.test.n, seed)


def _money(found: list[Named], rows: Rows, currency: str, all_rows: int, seed: int) -> Money:
    shares, bootstrap = shares_of(rows.n, rows.weight), Bootstrap.over(rows.n, rows.group, seed=seed)
    each = PER * np.column_stack([cost for _, _, cost in found])
    drawn, means = bootstrap.means(each, shares), np.average(each, axis=0, weights=shares)
    policies = tuple(
        Policy(kind=kind, name=name, cost=float(mean), low=low, high=high)  # type: ignore[arg-type]  # of the four kinds
        for (kind, name, _), mean, (low, high) in zip(found, means, map(interval, drawn.T), strict=True)
    )
    plain = min((p for p in policies if p.kind in {"constant", "today"}), key=lambda p: p.cost)
    perfect = next(p for p in policies if p.kind == "perfect")
    rule = next((p for p in policies if p.kind == "one column"), None)
    most = plain.cost - perfect.cost
    return Money(
        currency=currency,
        rows=rows.n,
        unpriced=all_rows - rows.n,
        policies=policies,
        best=plain.name,
        most=most,
        column=(plain.cost - rule.cost) / most if rule and most > 0 else None,
    )
