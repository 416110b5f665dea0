"""Money with labels: the realised saving of a window of which some rows have their label, helped by what was expected.

Prediction-powered inference (Angelopoulos et al. 2023, Science 382), power-tuned (PPI++, arXiv 2311.01453), for a
finite population: the target is the mean of these very rows, of which n are known, so that the variance has the factor
1 - n/N and the best tuning is the slope of the difference estimator (Särndal, Swensson and Wretman 1992, chapter 6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.monitor.money.promise import student

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """The mean saving of the `rows` of a window from the `known` ones; `tuning` says how far the model is believed."""

    saving: float
    low: float
    high: float
    known: int
    rows: int
    tuning: float


def realised(
    saved: Floats, expected: Floats, weight: Floats | None = None, group: Ints | None = None, *, alpha: float
) -> Realised | None:
    """The mean of `saved` [N], NaN where the label has not come, helped by what was `expected` [N].

    `weight` [N] are 1/P(known), where labels come the sooner for some; equal `group`s hang together. None where fewer
    than two groups, else rows, have labels.
    """
    known = np.flatnonzero(np.isfinite(saved))
    unit = known if group is None else np.unique(group[known], return_inverse=True)[1]
    units = np.unique(unit).size
    if units < 2:  # noqa: PLR2004  # one tells no spread
        return None
    weights = np.ones(saved.size) if weight is None else weight
    share = weights[known] / weights[known].sum()
    tuning = _slope(expected[known], saved[known], share)
    rest = saved[known] - tuning * expected[known]
    mean = float(share @ rest)
    sums = np.bincount(unit, share * (rest - mean))
    unknown = 1.0 - known.size / saved.size
    error = math.sqrt(unknown * units / (units - 1) * float(sums @ sums))
    saving = tuning * float(expected.mean()) + mean
    reach = student(alpha / 2.0, units - 1) * error
    return Realised(
        saving=saving, low=saving - reach, high=saving + reach, known=known.size, rows=saved.size, tuning=tuning
    )


def _slope(x: Floats, y: Floats, share: Floats) -> float:
    """The slope of `y` on `x` within 0 and 1: what the expected saving is worth for the one that came."""
    off = x - share @ x
    spread = float(share @ off**2)
    return float(np.clip(share @ (off * y) / spread, 0.0, 1.0)) if spread > 0 else 0.0
