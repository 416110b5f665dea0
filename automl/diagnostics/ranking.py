"""How well scores rank the rows: one table of thresholds that gives ROC, precision and recall, and gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingPoint:
    """If all rows of at least `threshold` are acted on: their share of all rows, and what of both labels is among them.

    `recall` is the share of positives, `false_alarms` that of the others; `precision` is None where no row is.
    """

    threshold: float
    acted: float
    recall: float
    false_alarms: float
    precision: float | None


def ranking(y: Floats, p: Floats, weight: Floats | None = None, *, points: int = POINTS) -> tuple[RankingPoint, ...]:
    """From no row to all rows, at distinct scores, at most `points` of them and evenly over the rows.

    `y` [n] is 0 or 1, `p` [n] the scores. Empty where one of the labels is not there.
    """
    weight = np.ones_like(p) if weight is None else weight
    order = np.argsort(-p, kind="stable")
    score, hit, row = p[order], (weight * y)[order].cumsum(), weight[order].cumsum()
    if not p.size or not 0 < hit[-1] < row[-1]:
        return ()
    ends = np.flatnonzero(np.append(np.diff(score) != 0, True))
    ends = ends[np.unique(np.linspace(0, ends.size - 1, points - 1).round().astype(np.int64))]
    nothing = RankingPoint(threshold=float("inf"), acted=0.0, recall=0.0, false_alarms=0.0, precision=None)
    return (nothing, *(_point(float(score[k]), float(hit[k]), float(row[k]), hit[-1], row[-1]) for k in ends))


def _point(threshold: float, hits: float, rows: float, positives: float, whole: float) -> RankingPoint:
    return RankingPoint(
        threshold=threshold,
        acted=float(rows / whole),
        recall=float(hits / positives),
        false_alarms=float((rows - hits) / (whole - positives)),
        precision=hits / rows,
    )
