"""What is answered beside a predicted number: its interval, and the decision where a unit too much or too little costs.

The verdict on such decisions stands here too: against the one number that costs least for all rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.unit_costs import OVER, UNDER, UnitCosts
from automl.decide.policy.conformal import Errors, Interval, fit_errors, fit_interval
from automl.decide.policy.quantile import QuantileDecision, best_constant, cross_decide, fit_decision
from automl.decide.verdict.bootstrap import CONFIDENCE, PER, Comparison, compare, reason
from automl.decide.verdict.decided_rows import Bootstrap, Evidence, pooled
from automl.decide.verdict.label_verdict import ROWS_SMALL, Amount, Policy, Running, Scenario, Verdict, left_out
from automl.ops.expr import Expr
from automl.spec.objective import Objective

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPolicy:
    """The further answers to a row; each is None where the spec does not ask for it."""

    interval: Interval | None = None
    decision: QuantileDecision | None = None
    costs: UnitCosts | None = None

    def outputs(self, prediction: Expr) -> Mapping[str, Expr]:
        """`prediction_low`, `prediction_high`, `decision`, `expected_cost`, all [N, 1], as far as there are any."""
        asked = [part.outputs(prediction) for part in (self.interval, self.decision) if part is not None]
        return {name: expr for outputs in asked for name, expr in outputs.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Rows with their `prediction` [n, 1], the `decision` taken [n], the truth `y` [n], and what they weigh.

    `amounts` [n, 2] is what a unit under and over costs where rows differ; `unpriced` rows were left out, for they lack
    an amount or a decision.
    """

    prediction: Floats
    decision: Floats
    y: Floats
    weight: Floats | None = None
    group: Ints | None = None
    amounts: Floats | None = None
    unpriced: int = 0

    def take(self, keep: Ints) -> Forecast:
        """The rows at `keep`; the others are counted as left out."""
        return Forecast(
            prediction=self.prediction[keep],
            decision=self.decision[keep],
            y=self.y[keep],
            weight=None if self.weight is None else self.weight[keep],
            group=None if self.group is None else self.group[keep],
            amounts=None if self.amounts is None else self.amounts[keep],
            unpriced=self.unpriced + self.y.size - keep.size,
        )


def fit_number_policy(
    objective: Objective,
    costs: UnitCosts | None,
    prediction: Floats,
    y: Floats,
    weight: Floats | None = None,
    *,
    seed: int,
) -> NumberPolicy:
    """The answers that `objective` asks for, learned from out-of-fold predictions [n, 1] and the truth [n].

    Raises `DataError` where there are too few rows for the interval.
    """
    share = objective.interval
    if share is None and costs is None:
        return NumberPolicy()
    errors = fit_errors(prediction, y, weight, seed=seed)
    return NumberPolicy(
        interval=None if share is None else fit_interval(errors, share),
        decision=None if costs is None else fit_decision(errors, costs),
        costs=costs,
    )


def out_of_fold_decisions(
    prediction: Floats,
    y: Floats,
    costs: UnitCosts,
    *,
    weight: Floats | None = None,
    group: Ints | None = None,
    amounts: Floats | None = None,
    seed: int,
) -> Forecast | None:
    """The train rows that a fold predicted, each decided by errors learned without it; None if there are none."""
    known = np.flatnonzero(~np.isnan(prediction[:, 0]))
    if not known.size:
        return None
    part = None if weight is None else weight[known]
    each = None if amounts is None else amounts[known]
    return Forecast(
        prediction=prediction[known],
        decision=cross_decide(prediction[known], y[known], costs, part, amounts=each, seed=seed),
        y=y[known],
        weight=part,
        group=None if group is None else group[known],
        amounts=each,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The `share` of truths that lie in their intervals, its 95 % interval, and the mean `width`."""

    share: float
    low: float
    high: float
    width: float


def coverage(
    low: Floats, high: Floats, y: Floats, *, weight: Floats | None = None, group: Ints | None = None, seed: int
) -> Coverage:
    """What intervals from `low` to `high` [n] hold of `y` [n], by a bootstrap over groups, else rows."""
    shares = np.ones(y.size) if weight is None else weight / weight.mean()
    held = ((low <= y) & (y <= high)).astype(np.float64)
    drawn = Bootstrap.over(y.size, group, seed=seed).means(held[:, None], shares)[:, 0]
    lowest, highest = np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Coverage(
        share=float(np.average(held, weights=shares)),
        low=float(lowest),
        high=float(highest),
        width=float(np.average(high - low, weights=shares)),
    )


def judge_numbers(
    test: Forecast,
    policy: NumberPolicy,
    train_y: Floats,
    train_weight: Floats | None = None,
    *,
    train_amounts: Floats | None = None,
    oof: Forecast | None = None,
    seed: int,
    rows_small: int = ROWS_SMALL,
) -> Verdict | None:
    """The verdict on decisions about numbers, against the best single number of train; None without costs.

    As `verdict.judge`: out-of-fold rows help where `test` has fewer than `rows_small`, and then test has a veto.
    """
    costs, decision = policy.costs, policy.decision
    if costs is None or decision is None:
        return None
    helped = oof is not None and test.y.size < rows_small
    rows = _joined(test, oof) if oof is not None and helped else test
    train = Train(y=train_y, weight=train_weight, amounts=train_amounts)
    fixed = train.best_constant(costs)
    constant = f"{fixed:.6g}"
    whole = _compare(rows, costs, fixed, seed=seed)
    alone = _compare(test, costs, fixed, seed=seed) if helped else whole
    worth = whole.low > 0 and alone.saving > 0
    return Verdict(
        worth=worth,
        reason=reason(
            whole,
            alone,
            against=f"always {constant}, the number that costs least without a model",
            rows=(test.y.size, rows.y.size - test.y.size),
            currency=costs.currency,
        )
        + left_out(rows.unpriced),
        currency=costs.currency,
        amounts=tuple(
            Amount(
                cell=name,
                cost=float(getattr(costs, name)),
                formula=costs.rows[name].text if name in costs.rows else None,
            )
            for name in (UNDER, OVER)
        ),
        unpriced=rows.unpriced,
        evidence="test and out-of-fold" if helped else "test",
        rows=rows.y.size,
        ours=whole.ours,
        policies=(Policy(action=constant, cost=float(whole.trivial[0])),),
        best=constant,
        saving=whole.saving,
        low=whole.low,
        high=whole.high,
        test_rows=test.y.size,
        test_ours=alone.ours,
        test_saving=alone.saving,
        test_low=alone.low,
        test_high=alone.high,
        test_total=alone.saving * test.y.size / PER,
        break_even=None,
        scenarios=tuple(
            _scenario(rows, decision.errors, costs, cell, factor, train, seed=seed)
            for cell in (UNDER, OVER)
            for factor in (0.5, 2.0)
            if getattr(costs, cell)
        ),
        running=Running.of(costs.upkeep, whole),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Train:
    """What the one number for all rows is chosen on."""

    y: Floats
    weight: Floats | None
    amounts: Floats | None

    def best_constant(self, costs: UnitCosts) -> float:
        """The number that costs least on train."""
        return best_constant(self.y, costs, self.weight, amounts=self.amounts)

    def scaled(self, cell: str, factor: float) -> Train:
        """The same rows with one amount multiplied."""
        return replace(self, amounts=_scaled(self.amounts, cell, factor))


def _scaled(amounts: Floats | None, cell: str, factor: float) -> Floats | None:
    return None if amounts is None else amounts * np.where(np.array([UNDER, OVER]) == cell, factor, 1.0)


def _joined(test: Forecast, oof: Forecast) -> Forecast:
    both = pooled(_as_evidence(test), _as_evidence(oof))
    differ = test.amounts is not None and oof.amounts is not None
    return Forecast(
        prediction=np.concatenate((test.prediction, oof.prediction)),
        decision=np.concatenate((test.decision, oof.decision)),
        y=both.y,
        weight=both.weight,
        group=both.group,
        amounts=np.concatenate((test.amounts, oof.amounts)) if differ else None,  # type: ignore[arg-type]  # both are there
        unpriced=test.unpriced + oof.unpriced,
    )


def _as_evidence(rows: Forecast) -> Evidence:
    """The rows for pooling and for their shares; the codes of decisions say nothing here."""
    return Evidence(decisions=np.zeros(rows.y.size, dtype=np.int64), y=rows.y, weight=rows.weight, group=rows.group)


def _compare(rows: Forecast, costs: UnitCosts, constant: float, *, seed: int) -> Comparison:
    bootstrap = Bootstrap.over(rows.y.size, rows.group, seed=seed)
    always = costs.of(np.full(rows.y.size, constant), rows.y, rows.amounts)
    upkeep = costs.upkeep.per_row if costs.upkeep else 0.0
    return compare(
        costs.of(rows.decision, rows.y, rows.amounts) + upkeep, always[:, None], _as_evidence(rows).shares, bootstrap
    )


def _scenario(
    rows: Forecast,
    errors: Errors,
    costs: UnitCosts,
    cell: str,
    factor: float,
    train: Train,
    *,
    seed: int,
) -> Scenario:
    """Decided again under the changed amount, by the errors of all out-of-fold rows."""
    changed, amounts = costs.scaled(cell, factor), _scaled(rows.amounts, cell, factor)
    decided = replace(rows, decision=fit_decision(errors, changed).decide(rows.prediction, amounts), amounts=amounts)
    found = _compare(decided, changed, train.scaled(cell, factor).best_constant(changed), seed=seed)
    return Scenario(
        cell=cell,
        factor=factor,
        amount=float(getattr(changed, cell)),
        saving=found.saving,
        low=found.low,
        high=found.high,
        worth=found.low > 0,
    )
