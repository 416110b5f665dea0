"""A linear model over a sparse matrix of terms, and its main directions: what text is condensed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.task import Task

Floats = NDArray[np.float64]

RIDGE = 1.0  # of the squared weights, against the loss summed over the rows
EDGE = 1e-6  # of a share
STEPS = 25  # of L-BFGS; text models need twenty to forty
SLACK = 1e-6  # relative gain of a step that is not worth another
PASSES = 2  # of the power iteration


def fit_linear(x: Any, y: Floats, weight: Floats, task: Task, ridge: float = RIDGE) -> tuple[Floats, Floats]:
    """Weights [terms, width] and intercept [width] of ridge, logistic or softmax regression by L-BFGS.

    `x` is a scipy CSR [n, terms], `weight` [n] has a mean of 1. Regression learns the target's distance from its mean
    in standard deviations. The steps are taken in units of each weight's curvature at the prior, where they begin: a
    rare term of a rare class then moves as soon as a common one.
    """
    from scipy.optimize import minimize

    width, targets = task.width, _targets(y, weight, task)
    slope, start, unit = SLOPES[task.kind], *_prior(x, targets, weight, task, ridge)
    flipped = x.T.tocsr()

    def objective(flat: Floats) -> tuple[float, Floats]:
        weights = unit * flat.reshape(-1, width)
        loss, error = slope(x @ weights[:-1] + (weights[-1] + start), targets)
        error *= weight[:, None]
        gradient = np.vstack([flipped @ error + ridge * weights[:-1], error.sum(axis=0)])
        penalty = 0.5 * ridge * float((weights[:-1] ** 2).sum())
        return float(weight @ loss) + penalty, (unit * gradient).ravel()

    options = {"maxiter": STEPS, "ftol": SLACK, "maxcor": 10}
    found = minimize(objective, np.zeros(unit.size), jac=True, method="L-BFGS-B", options=options).x
    weights = unit * found.reshape(-1, width)
    return weights[:-1], weights[-1] + start


def mean_loss(scores: Floats, y: Floats, weight: Floats, task: Task) -> float:
    """The mean loss that `fit_linear` minimises, of `scores` [n, width]."""
    return float(np.average(SLOPES[task.kind](scores, _targets(y, weight, task))[0], weights=weight))


def _prior(x: Any, targets: Floats, weight: Floats, task: Task, ridge: float) -> tuple[Floats, Floats]:
    """The intercept [width] without terms, and each weight's unit [terms + 1, width]: 1 / root of curvature."""
    if task.kind == "regression":
        start, curve = np.zeros(1), np.ones(1)
    else:
        share = np.clip(np.average(targets, axis=0, weights=weight), EDGE, 1.0 - EDGE)
        start = np.log(share) if task.kind == "multiclass" else np.log(share / (1.0 - share))
        curve = share * (1.0 - share)
    squares = np.append(x.multiply(x).T @ weight, weight.sum())
    return start, 1.0 / np.sqrt(squares[:, None] * curve + np.append(np.full(x.shape[1], ridge), 0.0)[:, None])


def directions(x: Any, k: int, *, seed: int) -> Floats:
    """The first `k` right singular vectors [terms, k] of `x`, by randomised power iteration (Halko et al. 2011)."""
    k = min(k, *x.shape)
    flipped = x.T.tocsr()
    basis = np.random.default_rng(seed).normal(size=(x.shape[1], min(k + 8, x.shape[1])))
    for _ in range(PASSES + 1):
        basis, _ = np.linalg.qr(flipped @ (x @ basis))
    _, _, turned = np.linalg.svd(x @ basis, full_matrices=False)
    found = basis @ turned[:k].T
    return np.asarray(found * np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])]))


def _targets(y: Floats, weight: Floats, task: Task) -> Floats:
    if task.kind == "regression":
        centre = np.average(y, weights=weight)
        spread = float(np.sqrt(np.average((y - centre) ** 2, weights=weight)))
        return np.asarray((y - centre)[:, None] / (spread or 1.0))
    return y[:, None] if task.kind == "binary" else (y[:, None] == np.arange(task.classes)).astype(np.float64)


def _squares(score: Floats, target: Floats) -> tuple[Floats, Floats]:
    error = score - target
    return 0.5 * error[:, 0] ** 2, error


def _logistic(score: Floats, target: Floats) -> tuple[Floats, Floats]:
    loss = np.logaddexp(0.0, score) - target * score
    return loss[:, 0], 1.0 / (1.0 + np.exp(-score)) - target


def _softmax(score: Floats, target: Floats) -> tuple[Floats, Floats]:
    shifted = score - score.max(axis=1, keepdims=True)
    share = np.exp(shifted)
    total = share.sum(axis=1, keepdims=True)
    return np.log(total[:, 0]) - (shifted * target).sum(axis=1), share / total - target


SLOPES: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "regression": _squares,
    "binary": _logistic,
    "multiclass": _softmax,
}
