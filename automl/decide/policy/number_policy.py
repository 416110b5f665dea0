"""What is answered beside a predicted number: its interval, and the decision where a unit under or over costs money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from automl.data.rows import Prepared
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.unit_costs import UnitCosts, make_unit_costs
from automl.decide.policy.conformal import PredictionInterval, fit_errors, fit_interval
from automl.decide.policy.quantile import QuantileDecision, fit_decision
from automl.errors import SpecError
from automl.ops.expr import Expr
from automl.spec.objective import Objective

FOR_LABELS = {
    "review": "a review is for decisions between labels",
    "today": "today's rule is for a target of two labels",
    "capacity": "a capacity is for decisions between labels",
    "require": "a requirement is for acting or not",
}
"""What a spec cannot ask for where the target is a number, by its key in [objective], with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberPolicy:
    """The further answers to a row, as far as the spec asks for them.

    `costs` are those of a unit under and over, `share` is that of the truths which an interval promises to hold.
    `decision` and `interval` are learned from out-of-fold errors: None until then.
    """

    costs: UnitCosts | None = None
    share: float | None = None
    interval: PredictionInterval | None = None
    decision: QuantileDecision | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """None: the decision is a number."""
        return ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the costs name."""
        return self.costs.columns if self.costs else ()

    @property
    def in_money(self) -> bool:
        """Whether its decisions are counted in money: the spec names costs."""
        return self.costs is not None

    @property
    def currency(self) -> str:
        """What the money is called; "" where nobody says."""
        return self.costs.currency if self.costs else ""

    @property
    def refuses(self) -> bool:
        """Whether a row that lacks a cost is not decided."""
        return self.costs is not None and self.costs.refuses

    @property
    def expected_amounts(self) -> dict[str, Expr]:
        """None: what a unit costs is known when a row is decided."""
        return {}

    def graph_outputs(self, prediction: Expr) -> Mapping[str, Expr]:
        """`prediction_low`, `prediction_high`, `decision`, `expected_cost`, all [N, 1], as far as there are any."""
        asked = [part.outputs(prediction) for part in (self.interval, self.decision) if part is not None]
        return {name: expr for outputs in asked for name, expr in outputs.items()}


def make_number_policy(objective: Objective, data: Prepared | None = None) -> NumberPolicy:
    """The policy that a spec asks for whose target is a number; nothing is learned yet.

    Raises `SpecError` where it asks for what is between labels, and as `make_unit_costs` does.
    """
    for key, reason in FOR_LABELS.items():
        if getattr(objective, key) is not None:
            raise SpecError(reason, where=f"objective.{key}")
    return NumberPolicy(costs=make_unit_costs(objective, data), share=objective.interval)


def fit_number_policy(asked: NumberPolicy, oof: OutOfFold) -> NumberPolicy:
    """The policy with what it learns from out-of-fold errors.

    Raises `DataError` where there are too few rows for the interval.
    """
    if asked.share is None and asked.costs is None:
        return asked
    errors = fit_errors(oof.prediction, oof.rows.y, oof.rows.weight, seed=oof.seed)
    return replace(
        asked,
        interval=None if asked.share is None else fit_interval(errors, asked.share),
        decision=None if asked.costs is None else fit_decision(errors, asked.costs),
    )
