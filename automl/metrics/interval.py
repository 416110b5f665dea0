"""How sure a score is: percentile bootstrap intervals (Efron and Tibshirani 1993)."""

from __future__ import annotations

import numpy as np

from automl.metrics.base import Floats, Metric, score

MOST_WORK = 4_000_000  # rows drawn in all: about a second for a rank metric
RESAMPLES = (50, 200)  # at least, at most


def interval(
    metric: Metric,
    y: Floats,
    prediction: Floats,
    weight: Floats | None = None,
    *,
    seed: int,
    confidence: float = 0.95,
) -> tuple[float, float] | None:
    """The interval of the metric over rows drawn with replacement; None where it is undefined in most draws.

    `y` [n] and `prediction` [n, width] as in `score`. The number of draws falls with n, never with the clock.
    """
    rng = np.random.default_rng(seed)
    rows = y.size
    draws = int(np.clip(MOST_WORK // max(rows, 1), *RESAMPLES))
    found = []
    for _ in range(draws):
        index = rng.integers(rows, size=rows)
        found.append(score(metric, y[index], prediction[index], None if weight is None else weight[index]))
    defined = np.asarray(found)[~np.isnan(found)]
    if defined.size < draws / 2:
        return None
    low, high = np.quantile(defined, ((1 - confidence) / 2, (1 + confidence) / 2))
    return float(low), float(high)
