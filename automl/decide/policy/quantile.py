"""Numbers that are decided on: where too little costs more than too much, the decision is a quantile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.unit_costs import OVER, UNDER, UnitCosts
from automl.decide.policy.conformal import FOLDS, ScaledErrors, fit_errors
from automl.ops.bulk import evaluate
from automl.ops.expr import Add, Divide, Expr, Interpolate, Less, Maximum, Multiply, Stub, Where, constant

Floats = NDArray[np.float64]
LEVELS = 200  # steps of the quantile function where rows differ, beside finer ones towards both ends
TAILS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileCurve:
    """The quantiles of scaled errors at `levels` from 0 to 1, a line in between.

    `short` and `spare` are how far the truth lies above and below the quantile on average, in units of the spread.
    """

    levels: Floats
    shifts: Floats
    short: Floats
    spare: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileDecision:
    """The number of smallest expected cost: the quantile under / (under + over) of the truth given the prediction.

    The quantile regression of Koenker and Bassett (1978) by a formula: prediction + shift times spread, where the
    shift is that quantile of the scaled out-of-fold errors and `risk` is what a row of spread 1 costs there. With a
    `curve` each row has a level of its own, and the shift is read from it; `shift` and `risk` are those of the means.
    """

    errors: ScaledErrors
    costs: UnitCosts
    shift: float
    risk: float
    curve: QuantileCurve | None = None

    def outputs(self, prediction: Expr) -> dict[str, Expr]:
        """`decision` [N, 1] in the target's unit, and its `expected_cost` (where the floor does not bind).

        Both are NaN for a row that is refused for want of an amount.
        """
        outputs = self._of(prediction, self.costs.expr(UNDER), self.costs.expr(OVER))
        known = self.costs.all_known() if self.costs.refuses else None
        if known is None:
            return outputs
        return {name: Where(known, expr, constant(np.nan)) for name, expr in outputs.items()}

    def _of(self, prediction: Expr, under: Expr, over: Expr) -> dict[str, Expr]:
        spread, curve = self.errors.spread.expr(prediction), self.curve
        if curve is None:
            decision = self.errors.at(prediction, constant(self.shift))
            return {"decision": decision, "expected_cost": Multiply(spread, constant(self.risk))}
        level = _level(under, over)
        shift, short, spare = (Interpolate(level, curve.levels, y) for y in (curve.shifts, curve.short, curve.spare))
        risk = Add(Multiply(under, short), Multiply(over, spare))
        return {"decision": self.errors.at(prediction, shift), "expected_cost": Multiply(spread, risk)}

    def decide(self, prediction: Floats, amounts: Floats | None = None) -> Floats:
        """The decisions [n] of `prediction` [n, 1] by the same rule in numpy, `amounts` [n, 2] where rows differ."""
        each = np.empty((len(prediction), 0)) if amounts is None else amounts
        stubs = {"p": prediction, UNDER: each[:, :1], OVER: each[:, 1:]}
        decision = self._of(Stub("p"), Stub(UNDER), Stub(OVER))["decision"]
        decided = evaluate({"decision": decision}, {}, stubs=stubs)["decision"]
        return np.asarray(decided, dtype=np.float64)[:, 0]


def _level(under: Expr, over: Expr) -> Expr:
    """Under / (under + over), 0.5 where both are 0; divided by the larger one first, for the sum may be infinite."""
    larger = Maximum(under, over)
    some = Less(constant(0.0), larger)
    unit = Where(some, larger, constant(1.0))
    left, right = Divide(under, unit), Divide(over, unit)
    return Where(some, Divide(left, Where(some, Add(left, right), constant(1.0))), constant(0.5))


def fit_decision(errors: ScaledErrors, costs: UnitCosts) -> QuantileDecision:
    """The decision under `costs`."""
    shift = errors.quantile(costs.share)
    risk = costs.of(np.full(errors.scaled.size, shift), errors.scaled)
    return QuantileDecision(
        errors=errors,
        costs=costs,
        shift=shift,
        risk=float(risk @ errors.weight),
        curve=fit_curve(errors) if costs.rows else None,
    )


def fit_curve(errors: ScaledErrors) -> QuantileCurve:
    """The quantile function of the scaled errors; below the smallest and above the largest nothing is known."""
    tails = np.asarray(TAILS)
    levels = np.unique(np.concatenate((np.linspace(0.0, 1.0, LEVELS + 1), tails, 1.0 - tails)))
    shifts = np.array([errors.quantile(level) for level in levels])
    above = errors.scaled - shifts[:, None]  # [levels, errors]
    return QuantileCurve(
        levels=levels,
        shifts=shifts,
        short=np.maximum(above, 0.0) @ errors.weight,
        spare=np.maximum(-above, 0.0) @ errors.weight,
    )


def cross_decide(
    prediction: Floats,
    y: Floats,
    costs: UnitCosts,
    weight: Floats | None = None,
    *,
    amounts: Floats | None = None,
    seed: int,
) -> Floats:
    """Decisions [n] on out-of-fold predictions [n, 1], each by errors that were learned without its row."""
    fold = np.random.default_rng(seed).permutation(y.size) % FOLDS
    decisions: Floats = prediction[:, 0].copy()
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        if inside.any() and outside.any():  # a single row teaches nothing about itself
            part = None if weight is None else weight[inside]
            errors = fit_errors(prediction[inside], y[inside], part, seed=seed)
            each = None if amounts is None else amounts[outside]
            decisions[outside] = fit_decision(errors, costs).decide(prediction[outside], each)
    return decisions


def best_constant(y: Floats, costs: UnitCosts, weight: Floats | None = None, *, amounts: Floats | None = None) -> float:
    """The one number for all rows that costs least on `y` [n]: there the cost stops to fall."""
    order = np.argsort(y, kind="stable")
    weight = np.ones(y.size) if weight is None else weight[order]
    under, over = (np.full(y.size, cost) for cost in (costs.under, costs.over)) if amounts is None else amounts[order].T
    rise, fall = weight * over, weight * under
    slope = (np.cumsum(rise) + np.cumsum(fall)) / max(fall.sum(), 1e-300)
    place = int(np.searchsorted(slope, 1.0 - 1e-12))
    return float(y[order][min(place, y.size - 1)])
