"""The verdict on decisions between labels: what they save against the best policy that needs no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.review import CELL
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.shadow_prices import with_shadow_prices
from automl.decide.verdict.baselines import baselines, costs_without_model, rule_within_capacity
from automl.decide.verdict.bootstrap import Bootstrap, ComparedCosts, compare
from automl.decide.verdict.break_even import break_even
from automl.decide.verdict.capacity_use import capacity_use
from automl.decide.verdict.decided_rows import DecidedRows, pooled, taken
from automl.decide.verdict.verdict import (
    ROWS_SMALL,
    ActionShare,
    BaselineCost,
    Basis,
    CellCost,
    Scenario,
    Verdict,
    make_scenario,
    make_verdict,
)

Floats = NDArray[np.float64]
MOST_CELLS = 12  # amounts that the sensitivity moves, the ones that cost most first


def judge_labels(
    test: DecidedRows, policy: LabelPolicy, *, seed: int, oof: DecidedRows | None = None
) -> Verdict | None:
    """The verdict on `test`, and on `oof` too where `test` has fewer than `ROWS_SMALL` rows. None without costs.

    Deploying is worth it if the 95 % interval of the saving against the best policy without a model lies above 0 and,
    where out-of-fold rows helped, the test part alone saves something too (they may flatter, see docs/money.md).
    The interval is a paired percentile bootstrap (Efron and Tibshirani 1993) over groups, else rows; each resample
    picks its own best policy. Decisions under changed costs are taken again from `p` if it is there.
    """
    if not policy.in_money:
        return None
    helper = oof if test.n < ROWS_SMALL else None
    rows = test if helper is None else pooled(test, helper)
    bootstrap = _bootstrap(rows, seed=seed)
    whole = compared(rows, policy, bootstrap)
    policies = tuple(_baseline_costs(rows, policy, whole))
    best = policies[int(np.argmin(whole.others))]
    basis = Basis(whole=whole, alone=whole, test_rows=test.n, oof_rows=None, unpriced=rows.unpriced)
    if helper is not None:
        alone = compared(test, policy, _bootstrap(test, seed=seed))
        basis = replace(basis, alone=alone, oof_rows=helper.n, repeats=helper.repeats)
    verdict = make_verdict(
        basis,
        policy.costs,
        against=f"{_in_words(best)}, the best policy without a model",
        best=best,
        policies=policies,
        amounts=tuple(_cell_costs(rows, policy)),
        scenarios=tuple(_scenarios(rows, policy, bootstrap)),
    )
    return replace(
        verdict,
        break_even=break_even(rows, policy),
        taken=tuple(_action_shares(rows, policy)),
        capacity=capacity_use(test, policy),
    )


def _bootstrap(rows: DecidedRows, *, seed: int) -> Bootstrap:
    return Bootstrap.over(rows.y.size, rows.group, seed=seed)


def compared(rows: DecidedRows, policy: LabelPolicy, bootstrap: Bootstrap) -> ComparedCosts:
    """Our decisions against each policy without a model, the running cost among ours."""
    by_action, shares = rows.by_action(policy.costs), rows.shares
    ours = taken(by_action, rows.decisions) + policy.costs.running_per_row
    return compare(ours, costs_without_model(policy, by_action, rows.by_rule, shares), shares, bootstrap)


def _baseline_costs(rows: DecidedRows, policy: LabelPolicy, whole: ComparedCosts) -> Iterator[BaselineCost]:
    """The policies without a model, in the order in which they were compared."""
    for baseline, cost in zip(baselines(policy), whole.others, strict=False):
        yield BaselineCost(action=baseline.name, cost=float(cost), mixed=baseline.mixed)
    if policy.current_rule is not None and rows.by_rule is not None:
        name, _ = rule_within_capacity(policy, rows.by_rule, rows.shares)
        yield BaselineCost(action=name, cost=float(whole.others[-1]), rule=policy.current_rule.text)


def _in_words(baseline: BaselineCost) -> str:
    return baseline.action if baseline.rule or baseline.mixed else f"always '{baseline.action}'"


def _cell_costs(rows: DecidedRows, policy: LabelPolicy) -> Iterator[CellCost]:
    """What each truth and action costs on these rows, and a review."""
    costs, by_action, truth = policy.costs, rows.by_action(policy.costs), rows.y.astype(np.int64)
    for code, (cells, row) in enumerate(zip(costs.cells, costs.matrix, strict=True)):
        of_truth = truth == code
        for action, (cell, constant) in enumerate(zip(cells[: costs.answers], row, strict=False)):
            formula = costs.rows.get((code, action))
            differs = formula is not None and bool(of_truth.any())
            shares = rows.shares[of_truth]
            cost = np.average(by_action[of_truth, action], weights=shares) if differs else constant
            yield CellCost(cell=cell, cost=float(cost), formula=formula.text if formula else None)
    if costs.review:
        yield CellCost(cell=CELL, cost=costs.review.cost)


def _action_shares(rows: DecidedRows, policy: LabelPolicy) -> Iterator[ActionShare]:
    for code, action in enumerate(policy.actions):
        yield ActionShare(action=action, share=float(np.average(rows.decisions == code, weights=rows.shares)))


# --- other amounts ------------------------------------------------------------------------------------


def _scenarios(rows: DecidedRows, policy: LabelPolicy, bootstrap: Bootstrap) -> Iterator[Scenario]:
    """Each amount halved and doubled, the heaviest amounts first."""
    costs, truth = policy.costs, rows.y.astype(np.int64)
    weighed = (rows.shares * column for column in np.abs(rows.by_action(costs)).T)
    heavy = np.column_stack([np.bincount(truth, column, len(costs.matrix)) for column in weighed])[:, : costs.answers]
    order = [divmod(int(cell), costs.answers) for cell in np.argsort(-heavy, axis=None, kind="stable")]
    cells = [cell for cell in order if heavy[cell] > 0][:MOST_CELLS]
    cells += [(0, costs.answers)] if costs.review and costs.review.cost else []
    for cell in cells:
        for factor in (0.5, 2.0):
            yield _scenario(rows, policy, bootstrap, cell, factor)


def _scenario(
    rows: DecidedRows, policy: LabelPolicy, bootstrap: Bootstrap, cell: tuple[int, int], factor: float
) -> Scenario:
    changed = policy.scaled(*cell, factor)
    amounts = _scaled(rows.amounts, changed, cell, factor)
    expected = amounts if rows.expected is None else _scaled(rows.expected, changed, cell, factor)
    decisions = rows.decisions
    if rows.p is not None:
        changed = with_shadow_prices(changed, rows.p, expected, rows.weight)
        decisions = changed.choose(rows.p, expected)
    again = replace(rows, decisions=decisions, amounts=amounts)
    name = policy.costs.cells[cell[0]][cell[1]]
    amount = next(one.cost for one in _cell_costs(again, changed) if one.cell == name)
    return make_scenario(name, factor, amount, compared(again, changed, bootstrap))


def _scaled(each: Floats | None, changed: LabelPolicy, cell: tuple[int, int], factor: float) -> Floats | None:
    """The amounts of each row [n, classes, actions] under the `changed` costs."""
    if each is None:
        return None
    costs = changed.costs
    amounts = each[..., : costs.answers].copy()
    if cell[1] < costs.answers:
        amounts[:, cell[0], cell[1]] *= factor
    return amounts if costs.review is None else costs.review.added(amounts)
