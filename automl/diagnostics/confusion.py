"""What was decided against what came true: rows, and money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import DecidedRows, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCell:
    """Rows of the label `truth` on which `action` was taken: how many, their share of all, and their cost.

    `cost` is what they cost together per 1,000 rows of all; None where the spec names no costs.
    """

    truth: str
    action: str
    rows: int
    share: float
    cost: float | None


def confusion(rows: DecidedRows, policy: LabelPolicy, labels: tuple[str, ...]) -> tuple[ConfusionCell, ...]:
    """A cell for each label and each action, in the order of both; costs have no running cost in them."""
    shares, truth = rows.shares / rows.y.size, rows.y.astype(np.int64)
    paid = shares * taken(rows.by_action(policy.costs), rows.decisions) * PER
    cells = truth * len(policy.actions) + rows.decisions
    size = len(labels) * len(policy.actions)

    def summed(weight: NDArray[np.float64] | None) -> NDArray[np.float64]:
        return np.bincount(cells, weights=weight, minlength=size).astype(np.float64)

    counts, share, cost = summed(None), summed(shares), summed(paid)
    return tuple(
        ConfusionCell(
            truth=label,
            action=action,
            rows=int(counts[k]) // rows.repeats,
            share=float(share[k]),
            cost=float(cost[k]) if policy.in_money else None,
        )
        for k, (label, action) in enumerate((label, action) for label in labels for action in policy.actions)
    )
