"""What decisions by a candidate would save: a glance at money while the search runs, and not the verdict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.policy.decision_policy import DecisionPolicy
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.shadow_prices import with_shadow_prices
from automl.decide.verdict.baselines import costs_without_model
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import taken

Floats = NDArray[np.float64]


def quick_saving(p: Floats, rows: Rows, policy: DecisionPolicy) -> float | None:
    """The saving per 1,000 rows of decisions by `p` [n, width] against the best policy without a model.

    `p` are out-of-fold and not calibrated yet; rows without them or without a cost are left out. None if none is left,
    where no costs are given, and for a number, which has no decision before its errors are known.
    """
    if not isinstance(policy, LabelPolicy) or not policy.in_money:
        return None
    costs, rule = policy.costs, policy.current_rule
    amounts = costs.amounts(rows.inputs)
    truth, index = rows.y.astype(np.int64), np.arange(rows.n)
    by_action = costs.matrix[truth] if amounts is None else amounts[index, truth]
    keep = np.flatnonzero(~np.isnan(p).any(axis=1) & np.isfinite(by_action).all(axis=1))
    if not keep.size:
        return None
    weight = None if rows.weight is None else rows.weight[keep]
    shares = np.ones(keep.size) if weight is None else weight
    expected = costs.expected(rows.inputs)
    expected = None if expected is None else expected[keep]
    decisions = with_shadow_prices(policy, p[keep], expected, weight).choose(p[keep], expected)
    by_rule = rule.decisions(rows.inputs)[keep] if rule else None
    others = np.average(costs_without_model(policy, by_action[keep], by_rule, shares), axis=0, weights=shares)
    return float(others.min() - np.average(taken(by_action[keep], decisions), weights=shares)) * PER
