"""What was decided against what came true: rows, and money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import DecidedRows, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCell:
    """Rows of the label `truth` on which `action` was taken: how many of 1,000 rows, and what these cost together.

    `cost` is None where the spec names no costs.
    """

    truth: str
    action: str
    rows: float
    cost: float | None


def confusion(rows: DecidedRows, policy: LabelPolicy, labels: tuple[str, ...]) -> tuple[ConfusionCell, ...]:
    """A cell for each label and each action, in the order of both; costs have no running cost in them."""
    shares, truth = rows.shares / rows.y.size, rows.y.astype(np.int64)
    paid = shares * taken(rows.by_action(policy.costs), rows.decisions) * PER
    cells = truth * len(policy.actions) + rows.decisions
    size = len(labels) * len(policy.actions)
    often, cost = (np.bincount(cells, weights=weight, minlength=size) for weight in (PER * shares, paid))
    return tuple(
        ConfusionCell(
            truth=label,
            action=action,
            rows=float(often[k]),
            cost=float(cost[k]) if policy.in_money else None,
        )
        for k, (label, action) in enumerate((label, action) for label in labels for action in policy.actions)
    )
