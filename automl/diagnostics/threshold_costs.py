"""What 1,000 rows cost for each share of rows that is acted on, those first on which acting is expected to pay most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.decide.policy.expected_cost import costs_of_actions
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import DecidedRows

POINTS = 200
ACT, PASS = 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdCost:
    """If this share of the rows is `acted` on: their cost per 1,000 rows, the running cost included."""

    acted: float
    cost: float


def threshold_costs(rows: DecidedRows, policy: LabelPolicy, *, points: int = POINTS) -> tuple[ThresholdCost, ...]:
    """From no row to all rows, at most `points` of them.

    Rows come in the order of what acting is expected to save, which is the order of the probabilities where all rows
    cost the same. Empty where there are other actions than two, or no probabilities.
    """
    if len(policy.actions) != 2 or rows.p is None or not policy.in_money:  # noqa: PLR2004  # to act, or not to
        return ()
    expected = costs_of_actions(rows.p, policy.costs, rows.amounts if rows.expected is None else rows.expected)
    order = np.argsort(expected[:, ACT] - expected[:, PASS], kind="stable")
    paid, share = rows.by_action(policy.costs)[order], rows.shares[order] / rows.y.size
    acted = np.concatenate([[0.0], share.cumsum()])
    change = np.concatenate([[0.0], (share * (paid[:, ACT] - paid[:, PASS])).cumsum()])
    costs = PER * (float(share @ paid[:, PASS]) + change + policy.costs.running_per_row)
    at = np.unique(np.linspace(0, rows.y.size, points).round().astype(np.int64))
    return tuple(ThresholdCost(acted=float(acted[k]), cost=float(costs[k])) for k in at)
