"""What decisions by a candidate would save: a glance at money while the search runs, and not the verdict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.compare import PER
from automl.decide.costs import Costs
from automl.decide.evidence import taken
from automl.decide.policy import choose

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
    ours = by_action[index, choose(p, costs, costs.expected(rows.inputs))][keep]
    weight = None if rows.weight is None else rows.weight[keep]
    others = by_action
    if costs.today:
        others = np.column_stack((by_action, taken(by_action, costs.today.decisions(rows.inputs))))
    alike = np.average(others[keep], axis=0, weights=weight).min()
    return float(alike - np.average(ours, weights=weight)) * PER
