"""The break-even: between which costs of a false positive the same decisions still save money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.baselines import costs_without_model
from automl.decide.verdict.decided_rows import DecidedRows, taken

Floats = NDArray[np.float64]
CELL = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """Deploying pays while an amount stays between `low` and `high`; None means no bound on that side.

    With `factor` the bounds multiply what each row costs, because rows differ.
    """

    cell: str
    low: float | None
    high: float | None
    factor: bool = False


def break_even(rows: DecidedRows, policy: LabelPolicy) -> BreakEven | None:
    """Between which costs of a false positive these very decisions save money (binary, no re-deciding).

    Each policy costs a line in that amount, ours too: it pays where ours is the lowest. Where the amount differs from
    row to row, the line is in a factor that multiplies it, if it is nowhere negative. None where there is no such span.
    """
    costs = policy.costs
    if any(cells[: costs.answers] != named for cells, named in zip(costs.cells, BINARY_CELLS, strict=False)):
        return None
    lines = _lines(rows, costs)
    if lines is None:
        return None
    free, slopes, least = lines
    shares = rows.shares
    ours, our_slope = (np.average(taken(table, rows.decisions), weights=shares) for table in (free, slopes))
    theirs, slope = (
        np.average(costs_without_model(policy, table, rows.by_rule, shares), axis=0, weights=shares)
        for table in (free, slopes)
    )
    start, rise = theirs - ours - costs.running_per_row, slope - our_slope
    falling, flat = rise < 0, rise == 0
    low = float(np.max(-start[rise > 0] / rise[rise > 0], initial=least))
    high = float(np.min(-start[falling] / rise[falling], initial=np.inf))
    if low >= high or bool((start[flat] <= 0).any()):
        return None
    by_row = CELL in costs.rows
    return BreakEven(cell=BINARY_CELLS[0][1], low=low or None, high=high if high < np.inf else None, factor=by_row)


def _lines(rows: DecidedRows, costs: CostMatrix) -> tuple[Floats, Floats, float] | None:
    """What each action costs on each row without the amount, and for each unit of it [n, actions].

    With them the least amount for which the lines hold; None where they are no lines.
    """
    by_action, other = rows.by_action(costs), rows.y == 0
    by_row = CELL in costs.rows
    passed, alarm = by_action[other, 0], by_action[other, 1]
    if by_row and (alarm < 0).any():
        return None
    slopes = np.zeros_like(by_action)
    slopes[other, 1] = alarm if by_row else 1.0
    least = 0.0
    if costs.review:  # in a share of reviews the alarm is raised all the same, as long as it is the worse answer
        if (alarm < passed).any():
            return None
        slopes[other, costs.answers] = costs.review.error * slopes[other, 1]
        least = float(np.max(passed / np.maximum(alarm, 1e-300) if by_row else passed, initial=0.0))
    return by_action - slopes * (1.0 if by_row else costs.matrix[CELL]), slopes, least
