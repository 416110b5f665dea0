"""What decisions by a candidate would save: a glance at money while the search runs, and not the verdict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.costs.cost_matrix import Costs
from automl.decide.policy.expected_cost import choose
from automl.decide.policy.shadow_prices import at_prices
from automl.decide.verdict.baselines import without_model
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import taken

Floats = NDArray[np.float64]


def glance(p: Floats, rows: Rows, costs: Costs) -> float | None:
    """The saving per 1,000 rows of decisions by `p` [n, width] against the best policy without a model.

    `p` are out-of-fold and not calibrated yet; rows without them or without a cost are left out, None if none is left.
    """
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
    decisions = choose(p[keep], at_prices(costs, p[keep], expected, weight), expected)
    today = costs.today.decisions(rows.inputs)[keep] if costs.today else None
    alike = np.average(without_model(costs, by_action[keep], today, shares), axis=0, weights=shares).min()
    return float(alike - np.average(taken(by_action[keep], decisions), weights=shares)) * PER
