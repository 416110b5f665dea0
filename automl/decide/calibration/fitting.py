"""How each calibration curve is fitted to probabilities and labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.decide.calibration.curves import EDGE, Beta, Isotonic, Vector
from automl.metrics.row_losses import logistic

Floats = NDArray[np.float64]
KNOT_GAP = 1e-4
"""Knots closer than this share of the score range become one: a steeper line would magnify rounding."""
Bound = tuple[float, float]
ANY: Bound = (-np.inf, np.inf)
STEPS = 200  # of a fit: some six are taken
FLAT = 1e-7  # of a gradient of the mean log loss
LEAST, MOST_DAMPED = 1e-9, 1e9  # added to the curvature, which may be none: all p near a half, or all near 0 and 1
MOST_STEEP = 20.0  # bounds of the slopes: beyond it a curve is a step, and only noise asks for that


def fit_temperature(p: Floats, y: Floats, weight: Floats) -> Beta:
    """One slope on the logit. `p` [n, 1], `y` 0 or 1, `weight` [n]."""
    (slope,) = _logistic(_logs(p) @ [[1.0], [1.0]], y, weight, [(0.0, MOST_STEEP)], [1.0])
    return Beta(a=slope, b=slope, c=0.0)


def fit_platt(p: Floats, y: Floats, weight: Floats) -> Beta:
    """A slope and a shift on the logit."""
    columns = np.column_stack((_logs(p) @ [1.0, 1.0], np.ones(y.size)))
    slope, shift = _logistic(columns, y, weight, [(0.0, MOST_STEEP), ANY], [1.0, 0.0])
    return Beta(a=slope, b=slope, c=shift)


def fit_beta(p: Floats, y: Floats, weight: Floats) -> Beta:
    """Two slopes and a shift."""
    columns = np.column_stack((_logs(p), np.ones(y.size)))
    bounds = [(0.0, MOST_STEEP), (0.0, MOST_STEEP), ANY]
    a, b, c = _logistic(columns, y, weight, bounds, [1.0, 1.0, 0.0])
    return Beta(a=a, b=b, c=c)


def fit_isotonic(p: Floats, y: Floats, weight: Floats) -> Isotonic:
    """Pool adjacent violators; a line from the middle of each pool to the next (Oron and Flournoy 2017).

    The steps of the plain estimator would make rows alike that differ: it is less exact, and no capacity could tell
    them apart.
    """
    from scipy.optimize import isotonic_regression

    x, place = np.unique(p[:, 0], return_inverse=True)
    total: Floats = np.bincount(place, weight).astype(np.float64)
    mean = np.bincount(place, weight * y) / total
    level = np.round(np.asarray(isotonic_regression(mean, weights=total).x), 12)  # sums round; a pool is flat
    first = np.flatnonzero(np.concatenate(([True], np.diff(level) > 0)))
    if first.size == 1:
        return Isotonic(x=x[[0, -1]], y=level[[0, -1]])
    pooled = np.add.reduceat(total, first)
    middle = np.add.reduceat(total * x, first) / pooled
    knots, values = _merged(middle, level[first], pooled)
    return Isotonic(x=knots, y=values)


def fit_temperature_of_classes(p: Floats, y: Floats, weight: Floats) -> Vector:
    """One scale for all classes. `p` [n, classes], `y` class codes."""
    return _softmax_fit(p, y, weight, per_class=False)


def fit_vector(p: Floats, y: Floats, weight: Floats) -> Vector:
    """A scale and a bias for each class."""
    return _softmax_fit(p, y, weight, per_class=True)


def _logs(p: Floats) -> Floats:
    """Logarithms of p and 1 / (1 - p) side by side [n, 2]."""
    inner = np.clip(p[:, 0], EDGE, 1.0 - EDGE)
    return np.column_stack((np.log(inner), -np.log1p(-inner)))


def _logistic(columns: Floats, y: Floats, weight: Floats, bounds: Sequence[Bound], start: list[float]) -> list[float]:
    """Bounded logistic regression on few columns; Platt's soft targets keep separable data finite.

    By projected Newton steps (Bertsekas 1982), damped where they bring nothing (Marquardt 1963): parameters at a bound
    that would leave it stay, the others move together.
    """
    positives = float(weight @ y)
    negatives = float(weight.sum()) - positives
    target = np.where(y > 0, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    share = weight / weight.sum()
    low, high = np.array(bounds, dtype=np.float64).T

    at = np.asarray(start, dtype=np.float64)
    each, slope = logistic(columns @ at, target)
    before, damp = float(share @ each), LEAST
    for _ in range(STEPS):
        p = slope + target
        gradient = columns.T @ (share * slope)
        free = ~((at <= low) & (gradient > 0) | (at >= high) & (gradient < 0))
        if not (np.abs(gradient[free]) > FLAT).any() or damp > MOST_DAMPED:
            break
        curvature = (columns.T * (share * p * (1.0 - p))) @ columns + damp * np.eye(at.size)
        step = np.zeros_like(at)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        moved = np.clip(at - step, low, high)
        each, tried = logistic(columns @ moved, target)
        if (after := float(share @ each)) < before:
            at, slope, before, damp = moved, tried, after, max(damp / 10, LEAST)
        else:
            damp *= 10
    return [float(value) for value in at]


def _soft(y: Floats, weight: Floats, classes: int) -> Floats:
    """Targets [n, classes] as Platt has them for two: few rows that are all told apart do not ask for certainty."""
    count = np.bincount(y.astype(np.int64), weight / weight.mean(), minlength=classes)
    each = 1.0 / (count + classes)
    table = np.repeat(each[:, None], classes, axis=1) + np.diag(count * each)
    return np.asarray(table[y.astype(np.int64)])


def _softmax_fit(p: Floats, y: Floats, weight: Floats, *, per_class: bool) -> Vector:
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    logs = np.log(np.maximum(p, EDGE))
    classes = p.shape[1]
    truth = _soft(y, weight, classes)
    share = (weight / weight.sum())[:, None]

    def unpack(parameters: Floats) -> tuple[Floats, Floats]:
        if per_class:
            return parameters[:classes], parameters[classes:]
        return np.full(classes, parameters[0]), np.zeros(classes)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scale, bias = unpack(parameters)
        score = logs * scale + bias
        log_p = score - logsumexp(score, axis=1, keepdims=True)
        off = share * (np.exp(log_p) - truth)
        by_scale = (off * logs).sum(axis=0)
        gradient = np.concatenate((by_scale, off.sum(axis=0))) if per_class else np.array([by_scale.sum()])
        return float(-(share * truth * log_p).sum()), gradient

    scales, biases = (classes, classes) if per_class else (1, 0)
    bounds = [(0.0, MOST_STEEP)] * scales + [ANY] * biases
    start = np.array([1.0] * scales + [0.0] * biases)
    best = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"gtol": 1e-7}).x
    scale, bias = unpack(np.asarray(best))
    return Vector(scale=scale, bias=bias - bias.mean())


def _merged(x: Floats, level: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Knots within `KNOT_GAP` of the range from the first of their kind become one, at the first's place."""
    gap = KNOT_GAP * (x[-1] - x[0])
    first = [0]
    while (after := max(first[-1] + 1, int(np.searchsorted(x, x[first[-1]] + gap)))) < x.size:
        first.append(after)
    starts = np.asarray(first)
    total = np.add.reduceat(weight, starts)
    means = np.round(np.add.reduceat(weight * level, starts) / total, 12)  # sums round; a flat stretch is flat
    return x[starts], np.maximum.accumulate(means)
