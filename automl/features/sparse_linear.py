"""A linear model over a sparse matrix of terms, and its main directions: what text is condensed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.task import Task

Floats = NDArray[np.float64]

RIDGE = 1.0  # of the squared weights, against the loss summed over the rows
STEPS = 25  # of L-BFGS; text models need twenty to forty
SLACK = 1e-6  # relative gain of a step that is not worth another
PASSES = 2  # of the power iteration


def fit_linear(x: Any, y: Floats, weight: Floats, task: Task) -> tuple[Floats, Floats]:
    """Weights [terms, width] and intercept [width] of ridge, logistic or softmax regression by L-BFGS.

    `x` is a scipy CSR [n, terms], `weight` [n] has a mean of 1. Regression learns the target's distance from its mean
    in standard deviations.
    """
    from scipy.optimize import minimize

    width, targets = task.width, _targets(y, weight, task)
    slope = SLOPES[task.kind]
    flipped = x.T.tocsr()

    def objective(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, width)
        loss, error = slope(x @ weights[:-1] + weights[-1], targets)
        error *= weight[:, None]
        gradient = np.vstack([flipped @ error + RIDGE * weights[:-1], error.sum(axis=0)])
        return float(weight @ loss) + 0.5 * RIDGE * float((weights[:-1] ** 2).sum()), gradient.ravel()

    start = np.zeros((x.shape[1] + 1) * width)
    options = {"maxiter": STEPS, "ftol": SLACK, "maxcor": 10}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x.reshape(-1, width)
    return found[:-1], found[-1]


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
