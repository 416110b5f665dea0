"""How sure a score is: intervals from the bootstrap's standard error, on a scale on which the score has no bounds.

Sources: Efron and Tibshirani 1993, chapter 13 (standard error), section 13.6 (intervals after a transformation, which
respect the range of a parameter); Pepe 2003, section 5.2.5 (logit intervals of the area under the ROC curve).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from automl.metrics.base import Floats, Metric, score

MOST_WORK = 1_000_000  # rows drawn in all: a fraction of a second for a rank metric
WIDE = 1.0  # a standard error on the scale without bounds beyond which the delta method says little
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

    Both are taken to a scale without bounds and back (by the delta method), so that no interval leaves
    `Metric.bounds`; where the error is too wide for that, percentiles of the draws stand in. `y` [n] and `prediction`
    [n, width] as in `score`. None where the metric is undefined in half of the draws. The number of draws falls with
    n, never with the clock.
    """
    rng = np.random.default_rng(seed)
    draws = int(np.clip(MOST_WORK // max(y.size, 1), *DRAWS))
    drawn = np.asarray([_again(metric, y, prediction, weight, rng) for _ in range(draws)])
    defined = drawn[~np.isnan(drawn)]
    if defined.size < draws / 2:
        return None
    middle, error = score(metric, y, prediction, weight), float(defined.std(ddof=1))
    if not metric.bounds[0] < middle < metric.bounds[1]:
        return _at_a_bound(metric, middle, y.size, confidence)
    scale = _scale(*metric.bounds)
    spread = error * scale.slope(middle)
    if spread > WIDE:
        low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
        return min(float(low), middle), max(float(high), middle)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * spread
    return scale.back(scale.to(middle) - reach), scale.back(scale.to(middle) + reach)


def _at_a_bound(metric: Metric, middle: float, n: int, confidence: float) -> tuple[float, float]:
    """No draw differs from a score that is perfect or nil: of a share the other end is that of a count of none.

    Clopper and Pearson 1934: `n` rows without one exception leave room for ``1 - ((1 - confidence) / 2)^(1/n)``.
    """
    low, high = metric.bounds
    if math.isinf(low) or math.isinf(high):
        return middle, middle
    room = (high - low) * (1.0 - ((1.0 - confidence) / 2) ** (1.0 / n))
    return (max(low, middle - room), middle) if middle >= high else (middle, min(high, middle + room))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """A rising function `to` of a score whose values have no bounds, its inverse and its slope."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    slope: Callable[[float], float]


def _scale(low: float, high: float) -> _Scale:
    """The logit between two bounds, a logarithm beside one, the score itself where there are none."""
    if math.isinf(low) and math.isinf(high):
        return _Scale(to=float, back=float, slope=lambda _: 1.0)
    if math.isinf(high):
        return _Scale(
            to=lambda value: math.log(value - low),
            back=lambda value: low + math.exp(value),
            slope=lambda value: 1.0 / (value - low),
        )
    if math.isinf(low):
        return _Scale(
            to=lambda value: -math.log(high - value),
            back=lambda value: high - math.exp(-value),
            slope=lambda value: 1.0 / (high - value),
        )
    return _Scale(
        to=lambda value: math.log((value - low) / (high - value)),
        back=lambda value: low + (high - low) * 0.5 * (1.0 + math.tanh(0.5 * value)),
        slope=lambda value: (high - low) / ((value - low) * (high - value)),
    )


def _again(metric: Metric, y: Floats, prediction: Floats, weight: Floats | None, rng: np.random.Generator) -> float:
    """The score of as many rows drawn with replacement."""
    index = rng.integers(y.size, size=y.size)
    return score(metric, y[index], prediction[index], None if weight is None else weight[index])
