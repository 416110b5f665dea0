"""Numbers that are decided on: where too little costs more than too much, the decision is a quantile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.conformal import FOLDS, Errors, fit_errors
from automl.decide.running import Upkeep, make_upkeep
from automl.errors import SpecError
from automl.ops.bulk import evaluate
from automl.ops.expr import Expr, Multiply, Stub, constant
from automl.spec.objective import Objective
from automl.task import Task

Floats = NDArray[np.float64]
WHERE = "objective.costs"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """What each unit costs that a decision lies `under` or `over` the truth, in `currency`."""

    under: float
    over: float
    currency: str
    upkeep: Upkeep | None = None

    @property
    def share(self) -> float:
        """The share of truths that the best decision lies above (the critical ratio of the newsvendor)."""
        return self.under / (self.under + self.over)

    def of(self, decision: Floats, y: Floats) -> Floats:
        """The cost of each row [n]."""
        return np.where(y > decision, self.under * (y - decision), self.over * (decision - y))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileDecision:
    """The number of smallest expected cost: the quantile under / (under + over) of the truth given the prediction.

    The quantile regression of Koenker and Bassett (1978) by a formula: prediction + shift times spread, where the
    shift is that quantile of the scaled out-of-fold errors and `risk` is what a row of spread 1 costs there.
    """

    errors: Errors
    shift: float
    risk: float

    def outputs(self, prediction: Expr) -> dict[str, Expr]:
        """`decision` [N, 1] in the target's unit, and its `expected_cost` (where the floor does not bind)."""
        spread = self.errors.spread.expr(prediction)
        return {
            "decision": self.errors.at(prediction, self.shift),
            "expected_cost": Multiply(spread, constant(self.risk)),
        }

    def decide(self, prediction: Floats) -> Floats:
        """The decisions [n] of `prediction` [n, 1] by the same rule in numpy."""
        found = evaluate({"decision": self.outputs(Stub("p"))["decision"]}, {}, stubs={"p": prediction})
        return np.asarray(found["decision"], dtype=np.float64)[:, 0]


def make_unit_costs(objective: Objective, task: Task) -> UnitCosts | None:
    """The costs of a regression, or None where the spec names none.

    Raises `SpecError` where costs and task do not fit, or an amount is negative, or both are 0.
    """
    costs = objective.costs
    if task.kind != "regression":
        if objective.interval is not None:
            raise SpecError("an interval is for a target that is a number", where="objective.interval")
        if costs is not None and costs.form == "regression":
            raise SpecError(
                "under and over are for a target that is a number",
                where=WHERE,
                hint='set objective.task = "regression", or give the costs of each answer',
            )
        return None
    if objective.review is not None:
        raise SpecError("a review is for decisions between labels", where="objective.review")
    if objective.today is not None:
        raise SpecError("today's rule is for a target of two labels", where="objective.today")
    upkeep = make_upkeep(objective)
    if costs is None:
        return None
    if costs.form != "regression":
        raise SpecError("the target is a number, so its costs are under and over", where=WHERE)
    under, over = costs.under, costs.over
    if not isinstance(under, float) or not isinstance(over, float) or min(under, over) < 0 or under + over == 0:
        raise SpecError("under and over are amounts of 0 or more, and not both 0", where=WHERE)
    return UnitCosts(under=under, over=over, currency=costs.currency or "", upkeep=upkeep)


def fit_decision(errors: Errors, costs: UnitCosts) -> QuantileDecision:
    """The decision under `costs`."""
    shift = errors.quantile(costs.share)
    risk = costs.of(np.full(errors.scaled.size, shift), errors.scaled)
    return QuantileDecision(errors=errors, shift=shift, risk=float(risk @ errors.weight))


def cross_decide(prediction: Floats, y: Floats, costs: UnitCosts, weight: Floats | None = None, *, seed: int) -> Floats:
    """Decisions [n] on out-of-fold predictions [n, 1], each by errors that were learned without its row."""
    fold = np.random.default_rng(seed).permutation(y.size) % FOLDS
    decisions: Floats = prediction[:, 0].copy()
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        if inside.any() and outside.any():  # a single row teaches nothing about itself
            part = None if weight is None else weight[inside]
            errors = fit_errors(prediction[inside], y[inside], part, seed=seed)
            decisions[outside] = fit_decision(errors, costs).decide(prediction[outside])
    return decisions


def best_constant(y: Floats, costs: UnitCosts, weight: Floats | None = None) -> float:
    """The one number for all rows that costs least on `y` [n]."""
    order = np.argsort(y, kind="stable")
    share = np.ones(y.size) if weight is None else weight[order]
    place = int(np.searchsorted(np.cumsum(share / share.sum()), costs.share - 1e-12))
    return float(y[order][min(place, y.size - 1)])
