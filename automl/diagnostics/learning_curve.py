"""What more rows would bring: losses of one model after learning from ever more rows, and where that leads.

The excess of a loss falls with a power of the rows (Viering and Loog: The Shape of Learning Curves, 2022). A few sizes
cannot tell which, so a straight line over 1 / sqrt(rows) is laid through them. It is linear in what each judged row
loses: its interval is that of a mean over these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.verdict.bootstrap import PER, Bootstrap, interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FEWEST = 3  # sizes that a line is laid through
NORMAL = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPoint:
    """What is lost on judged rows after learning from so many `rows`, with its 95 % interval."""

    rows: int
    loss: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """Losses by rows learned from, the fewest first, and what twice the `rows` there are would bring.

    Losses and the `gain` are per 1,000 rows in money, else per row. `low` to `high` is the 95 % interval of the gain:
    of the judged rows, and of how far the points lie from the line.
    """

    learner: str
    points: tuple[LearningPoint, ...]
    rows: int
    gain: float
    low: float
    high: float


def learning_curve(
    losses: Mapping[int, Floats],
    weight: Floats,
    group: Ints | None,
    *,
    learner: str,
    rows: int,
    in_money: bool,
    seed: int,
) -> LearningCurve | None:
    """The curve from what each judged row loses [n] by the rows learned from; None where there are too few sizes.

    `rows` are all that there are to learn from. Intervals by a bootstrap over groups, else judged rows.
    """
    if len(losses) < FEWEST:
        return None
    sizes = sorted(losses)
    values = (PER if in_money else 1.0) * np.column_stack([losses[size] for size in sizes])
    x = 1.0 / np.sqrt(np.asarray(sizes, dtype=np.float64))
    away = x - x.mean()
    step = 1.0 / np.sqrt(rows) - 1.0 / np.sqrt(2.0 * rows)
    shares = step * away / (away @ away)  # the gain is the sum of so much of each loss
    means = np.average(values, axis=0, weights=weight)
    gain = float(means @ shares)
    rest = means - means.mean() - gain / step * away
    spread = float(np.sqrt(rest @ rest / (len(sizes) - 2) * (shares @ shares)))
    drawn = Bootstrap.over(weight.size, group, seed=seed).means(values, weight)
    low, high = (float(np.hypot(end - gain, NORMAL * spread)) for end in interval(drawn @ shares))
    points = [
        LearningPoint(rows=size, loss=float(mean), low=ends[0], high=ends[1])
        for size, mean, ends in zip(sizes, means, map(interval, drawn.T), strict=True)
    ]
    return LearningCurve(learner=learner, points=tuple(points), rows=rows, gain=gain, low=gain - low, high=gain + high)
