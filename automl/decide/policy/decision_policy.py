"""The decision policy: what is answered beside a prediction, made of a spec and fitted on out-of-fold rows.

`LabelPolicy` chooses an action, `NumberPolicy` a number. Both know their `graph_outputs`, the raw `columns` that they
name, their `actions`, what is expected of amounts that are known only afterwards (`expected_amounts`), whether
decisions are counted `in_money`, and whether a row that lacks a cost is refused (`refuses`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Prepared, Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import make_cost_matrix
from automl.decide.costs.current_rule import make_current_rule
from automl.decide.costs.outcome_model import OutcomeFit, expect_outcomes
from automl.decide.costs.unit_costs import check_for_labels
from automl.decide.policy.guarantees import check_guarantees, fit_guarantees
from automl.decide.policy.label_policy import REFUSED, LabelPolicy
from automl.decide.policy.number_policy import NumberPolicy, fit_number_policy, make_number_policy
from automl.decide.policy.shadow_prices import fit_shadow_prices, make_capacity
from automl.features.plan import Plan
from automl.spec.objective import Objective

DecisionPolicy = LabelPolicy | NumberPolicy


def make_policy(objective: Objective, data: Prepared) -> DecisionPolicy:
    """The policy that a spec asks for; nothing is learned yet but the means of amounts that differ from row to row.

    Raises `SpecError` for all that is wrong under [objective] with these columns and this target, `DataError` where no
    train row has a cost: before a search.
    """
    if data.labels.task.kind == "regression":
        return make_number_policy(objective, data)
    return _make_label_policy(objective, data)


def _make_label_policy(objective: Objective, data: Prepared) -> LabelPolicy:
    check_for_labels(objective)
    costs = make_cost_matrix(objective, data.labels, data)
    policy = LabelPolicy(
        costs=costs,
        capacity=make_capacity(objective, costs, data),
        require=objective.require,
        current_rule=make_current_rule(objective, data.labels, data),
    )
    check_guarantees(objective, policy.costs, data)
    return policy


def expect_amounts(
    policy: DecisionPolicy, plan: Plan, train: Rows, *, seed: int
) -> tuple[DecisionPolicy, tuple[OutcomeFit, ...]]:
    """The policy with what is to be expected of amounts that are known only afterwards, and how well that is known."""
    if isinstance(policy, NumberPolicy):
        return policy, ()
    costs, fits = expect_outcomes(policy.costs, plan, train, seed=seed)
    return replace(policy, costs=costs), fits


def fit_policy(policy: DecisionPolicy, oof: OutOfFold) -> DecisionPolicy:
    """The policy with what it learns from out-of-fold rows: errors of a number; shadow prices, then bounds of labels.

    Raises `LimitRefusal` where no policy keeps what is required, `DataError` where there are too few rows.
    """
    if isinstance(policy, NumberPolicy):
        return fit_number_policy(policy, oof)
    return fit_guarantees(fit_shadow_prices(policy, oof), oof)


def is_decided(decisions: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which decisions [n], labels or numbers, are one: a row that lacks a cost may be refused."""
    if decisions.dtype.kind == "f":
        return ~np.isnan(decisions.astype(np.float64))
    return np.asarray(decisions != REFUSED)
