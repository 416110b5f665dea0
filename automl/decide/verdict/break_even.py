"""The break-even: between which costs of a false positive the same decisions still save money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.decide.costs.cost_matrix import BINARY_CELLS, Costs
from automl.decide.verdict.decided_rows import Evidence, taken

CELL = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Deploying pays while an amount stays between `low` and `high`; None means no bound on that side.

    With `factor` the bounds multiply what each row costs, because rows differ.
    """

    cell: str
    low: float | None
    high: float | None
    factor: bool = False


def break_even(evidence: Evidence, costs: Costs) -> Span | None:
    """Between which costs of a false positive these very decisions save money (binary, no re-deciding).

    Each policy costs a line in that amount, ours too: it pays where ours is the lowest. Where the amount differs from
    row to row, the line is in a factor that multiplies it, if it is nowhere negative. None where there is no such span.
    """
    if any(cells[: costs.answers] != named for cells, named in zip(costs.cells, BINARY_CELLS, strict=False)):
        return None
    by_action, other = evidence.by_action(costs), evidence.y == 0
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
    free = by_action - slopes * (1.0 if by_row else costs.matrix[CELL])
    shares = evidence.shares
    each = (free, slopes)
    ours, our_slope = (np.average(taken(table, evidence.decisions), weights=shares) for table in each)
    theirs, slope = (np.average(evidence.others(table, costs), axis=0, weights=shares) for table in each)
    start, rise = theirs - ours - (costs.upkeep.per_row if costs.upkeep else 0.0), slope - our_slope
    falling, flat = rise < 0, rise == 0
    low = float(np.max(-start[rise > 0] / rise[rise > 0], initial=least))
    high = float(np.min(-start[falling] / rise[falling], initial=np.inf))
    if low >= high or bool((start[flat] <= 0).any()):
        return None
    return Span(cell=BINARY_CELLS[0][1], low=low or None, high=high if high < np.inf else None, factor=by_row)
