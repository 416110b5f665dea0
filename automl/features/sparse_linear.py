"""A linear model over a sparse matrix of terms, and its main directions: what text is condensed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.metrics.row_losses import logistic
from automl.task import Kind, Task

Floats = NDArray[np.float64]

RIDGE = 1.0  # of the squared weights, against the loss summed over the rows
EDGE = 1e-6  # of a share
STEPS = 25  # of L-BFGS; text models need twenty to forty
SLACK = 1e-6  # relative gain of a step that is not worth another
PASSES = 2  # of the power iteration


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What a linear model is fitted to: `x` a scipy CSR [n, terms], `targets` [n, width], `weight` [n] with mean 1.

    `scale` [terms + 1, 1 or width], the intercept's last, is the step of each weight that changes the loss by about as
    much as the steps of others: L-BFGS gets on faster by it where some terms are a thousand times as frequent.
    """

    x: Any
    targets: Floats
    weight: Floats
    kind: Kind
    scale: Floats


def fit_linear(x: Any, y: Floats, weight: Floats, task: Task, ridge: float = RIDGE) -> tuple[Floats, Floats]:
    """Weights [terms, width] and intercept [width] of ridge, logistic or softmax regression by L-BFGS.

    `x` is a scipy CSR [n, terms], `weight` [n] has a mean of 1. Regression learns the target's distance from its mean
    in standard deviations. The steps are taken in units of each weight's curvature at the prior, where they begin: a
    rare term of a rare class then moves as soon as a common one.
    """
    terms = x.shape[1]
    targets, begin = targets_of(y, weight, task), np.zeros((terms + 1, task.width))
    begin[-1], scale = _prior(x, targets, weight, task, ridge)
    sums = Sums(x=x, targets=targets, weight=weight, kind=task.kind, scale=scale)
    found = solve(sums, penalty=np.full(terms, ridge), start=begin, steps=STEPS)
    return found[:-1], found[-1]


def solve(
    sums: Sums,
    *,
    penalty: Floats,
    start: Floats,
    steps: int,
    ended: Callable[[], bool] | None = None,
) -> Floats:
    """Weights and, as the last row, the intercept [terms + 1, width] of least loss + half of penalty * weights^2.

    `penalty` is of each term [terms]; the intercept has none. It begins at `start` and looks at `ended` after each of
    at most so many steps.
    """
    from scipy.optimize import minimize

    slope, flipped, width = SLOPES[sums.kind], sums.x.T.tocsr(), start.shape[1]
    scale, ridge = sums.scale, np.append(penalty, 0.0)[:, None]

    def objective(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, width) * scale
        loss, error = slope(sums.x @ weights[:-1] + weights[-1], sums.targets)
        error *= sums.weight[:, None]
        shrunk = ridge * weights
        gradient = (np.vstack([flipped @ error, error.sum(axis=0)]) + shrunk) * scale
        return float(sums.weight @ loss) + 0.5 * float((shrunk * weights).sum()), gradient.ravel()

    def hurry(intermediate_result: Any) -> None:
        del intermediate_result
        if ended is not None and ended():
            raise StopIteration

    options = {"maxiter": steps, "ftol": SLACK, "maxcor": 10}
    begin = (start / scale).ravel()
    found = minimize(objective, begin, jac=True, method="L-BFGS-B", callback=hurry, options=options)
    return np.asarray(found.x.reshape(-1, width) * scale)


def mean_loss(scores: Floats, y: Floats, weight: Floats, task: Task) -> float:
    """The mean loss that `fit_linear` minimises, of `scores` [n, width]."""
    return float(np.average(SLOPES[task.kind](scores, targets_of(y, weight, task))[0], weights=weight))


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


def targets_of(y: Floats, weight: Floats, task: Task) -> Floats:
    """Targets [n] as what scores [n, width] are compared with: a number in standard deviations from its mean."""
    if task.kind == "regression":
        centre = np.average(y, weights=weight)
        spread = float(np.sqrt(np.average((y - centre) ** 2, weights=weight)))
        return np.asarray((y - centre)[:, None] / (spread or 1.0))
    return y[:, None] if task.kind == "binary" else (y[:, None] == np.arange(task.classes)).astype(np.float64)


def _squares(score: Floats, target: Floats) -> tuple[Floats, Floats]:
    error = score - target
    return 0.5 * error[:, 0] ** 2, error


def _logistic(score: Floats, target: Floats) -> tuple[Floats, Floats]:
    loss, slope = logistic(score, target)
    return loss[:, 0], slope


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
