"""The verdict on decided numbers: what they save against the one number that costs least for all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from automl.decide.costs.unit_costs import OVER, UNDER, UnitCosts
from automl.decide.policy.conformal import ScaledErrors
from automl.decide.policy.number_policy import NumberPolicy
from automl.decide.policy.quantile import fit_decision
from automl.decide.verdict.bootstrap import Bootstrap, ComparedCosts, compare
from automl.decide.verdict.decided_numbers import BaselineRows, DecidedNumbers, scaled_amounts
from automl.decide.verdict.verdict import (
    ROWS_SMALL,
    BaselineCost,
    Basis,
    CellCost,
    Scenario,
    Verdict,
    make_scenario,
    make_verdict,
)


def judge_numbers(
    test: DecidedNumbers,
    policy: NumberPolicy,
    train: BaselineRows,
    *,
    seed: int,
    oof: DecidedNumbers | None = None,
) -> Verdict | None:
    """The verdict on decisions about numbers, against the best single number of `train`; None without costs.

    As `judge_labels`: out-of-fold rows help where `test` has fewer than `ROWS_SMALL` rows, and then test has a veto.
    """
    costs, decision = policy.costs, policy.decision
    if costs is None or decision is None:
        return None
    helper = oof if test.n < ROWS_SMALL else None
    rows = test if helper is None else test.pooled(helper)
    constant = train.best_constant(costs)
    whole = _compared(rows, costs, constant, seed=seed)
    alone = whole if helper is None else _compared(test, costs, constant, seed=seed)
    best = BaselineCost(action=f"{constant:.6g}", cost=float(whole.others[0]))
    return make_verdict(
        Basis(
            whole=whole,
            alone=alone,
            test_rows=test.n,
            oof_rows=None if helper is None else helper.n,
            unpriced=rows.unpriced,
        ),
        costs,
        against=f"always {best.action}, the number that costs least without a model",
        best=best,
        policies=(best,),
        amounts=tuple(_cell_costs(costs)),
        scenarios=tuple(_scenarios(rows, decision.errors, costs, train, seed=seed)),
    )


def _compared(rows: DecidedNumbers, costs: UnitCosts, constant: float, *, seed: int) -> ComparedCosts:
    """Our decisions against one number for all rows, the running cost among ours."""
    always = costs.of(np.full(rows.n, constant), rows.y, rows.amounts)
    ours = costs.of(rows.decision, rows.y, rows.amounts) + costs.running_per_row
    return compare(ours, always[:, None], rows.shares, Bootstrap.over(rows.n, rows.group, seed=seed))


def _cell_costs(costs: UnitCosts) -> Iterator[CellCost]:
    """What a unit under and over costs."""
    for name in (UNDER, OVER):
        formula = costs.rows.get(name)
        yield CellCost(cell=name, cost=costs.amount(name), formula=formula.text if formula else None)


def _scenarios(
    rows: DecidedNumbers, errors: ScaledErrors, costs: UnitCosts, train: BaselineRows, *, seed: int
) -> Iterator[Scenario]:
    """Each amount halved and doubled, decided again by the errors of all out-of-fold rows."""
    for name in (UNDER, OVER):
        for factor in (0.5, 2.0):
            if costs.amount(name):
                changed, amounts = costs.scaled(name, factor), scaled_amounts(rows.amounts, name, factor)
                decision = fit_decision(errors, changed).decide(rows.prediction, amounts)
                constant = train.scaled(name, factor).best_constant(changed)
                again = _compared(replace(rows, decision=decision, amounts=amounts), changed, constant, seed=seed)
                yield make_scenario(name, factor, changed.amount(name), again)
