"""How sure a score is: intervals from the bootstrap's standard error (Efron and Tibshirani 1993, chapter 13)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from automl.metrics.base import Floats, Metric, score

MOST_WORK = 1_000_000  # rows drawn in all: a fraction of a second for a rank metric
DRAWS = (40, 200)  # at least, at most; 40 draws give the standard error to about 11 %


def interval(
    metric: Metric,
    y: Floats,
    prediction: Floats,
    weight: Floats | None = None,
    *,
    seed: int,
    confidence: float = 0.95,
) -> tuple[float, float] | None:
    """The score plus and minus its bootstrap standard error, times the normal quantile of `confidence`.

    `y` [n] and `prediction` [n, width] as in `score`. None where the metric is undefined in half of the draws. The
    number of draws falls with n, never with the clock.
    """
    rng = np.random.default_rng(seed)
    draws = int(np.clip(MOST_WORK // max(y.size, 1), *DRAWS))
    found = np.asarray([_again(metric, y, prediction, weight, rng) for _ in range(draws)])
    defined = found[~np.isnan(found)]
    if defined.size < draws / 2:
        return None
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * float(defined.std(ddof=1))
    middle = score(metric, y, prediction, weight)
    return middle - reach, middle + reach


def _again(metric: Metric, y: Floats, prediction: Floats, weight: Floats | None, rng: np.random.Generator) -> float:
    """The score of as many rows drawn with replacement."""
    index = rng.integers(y.size, size=y.size)
    return score(metric, y[index], prediction[index], None if weight is None else weight[index])
