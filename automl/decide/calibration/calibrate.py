"""Calibration: makes probabilities mean what they say before money is counted on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.decide.calibration.curves import Curve, Identity
from automl.decide.calibration.fitting import (
    fit_beta,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    fit_temperature_of_classes,
    fit_vector,
)
from automl.ops.bulk import evaluate
from automl.ops.expr import Add, Expr, Maximum, Minimum, Multiply, Stub, constant
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FitCurve = Callable[[Floats, Floats, Floats], Curve]

FOLDS = 5
ISOTONIC_ROWS = 3_000  # below, its steps follow noise
ISOTONIC_CLASS_ROWS = 300  # of each of the two classes
VECTOR_CLASS_ROWS = 100  # two parameters for each class
SELECTION_CELLS = 40_000  # rows x columns: more do not change which curve wins, and fits take seconds
CLEAR_GAIN = 0.001  # share of the log loss that a curve must win to be worth its nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A fitted curve with the bounds that its `rows` allow; `rows` 0 (regression) changes nothing.

    `losses` are the cross-validated log losses of all candidates, the simplest first.
    """

    method: str
    curve: Curve
    rows: int
    classes: int
    losses: Mapping[str, float] = field(default_factory=dict)

    def expr(self, p: Expr) -> Expr:
        """The calibrated probability, of the same width as `p` [N, 1] or [N, classes].

        It stays within [1/(n+2), 1 - 1/(n+2)], n the rows. With K classes the largest probability keeps that
        bound and the other classes share the rest: each is at least 1/((n+2)(K-1)), and the row sums to 1.
        """
        if not self.rows:
            return p
        edge = 1.0 / (self.rows + 2)
        curved = self.curve.expr(p)
        if p.width == 1:
            return Minimum(Maximum(curved, constant(edge)), constant(1.0 - edge))
        floor = edge / (self.classes - 1)
        return Add(Multiply(curved, constant(1.0 - self.classes * floor)), constant(floor))

    def apply(self, p: Floats) -> Floats:
        """`expr` run on numbers [n, width]."""
        calibrated = evaluate({"p": self.expr(Stub("p", p.shape[1]))}, {}, stubs={"p": p})["p"]
        return np.asarray(calibrated, dtype=np.float64)


def fit_calibration(p: Floats, y: Floats, task: Task, weight: Floats | None = None, *, seed: int) -> Calibration:
    """The simplest curve whose cross-validated log loss is as good as the best one's.

    `p` [n, width] are out-of-fold probabilities; rows with NaN (predicted by no fold) are left out. As good means
    within one standard error of the paired difference (the rule of Breiman et al. 1984) or `CLEAR_GAIN` of it.
    A regression, and probabilities that never differ, stay as they are.
    """
    weight = np.ones(y.size) if weight is None else weight
    known = ~np.isnan(p).any(axis=1) & (weight > 0)
    p, y, weight = p[known], y[known], weight[known]
    if task.kind == "regression":
        return Calibration(method="none", curve=Identity(), rows=0, classes=0)
    candidates = _candidates(p, y, task)
    losses = _cross_validated(p, y, weight, candidates, seed=seed) if len(candidates) > 1 else {}
    method = _simplest(losses) if losses else "identity"
    curve = candidates[method](p, y, weight)
    means = {name: float(loss.mean()) for name, loss in losses.items()}
    return Calibration(method=method, curve=curve, rows=y.size, classes=task.classes, losses=means)


def cross_fit(p: Floats, y: Floats, task: Task, weight: Floats | None = None, *, seed: int) -> Floats:
    """Out-of-fold probabilities, each calibrated by a curve that was chosen and fitted without its row [n, width].

    The verdict decides on these: a curve fitted on the rows that it is judged by would flatter itself.
    """
    if task.kind == "regression":
        return p
    calibrated = np.full_like(p, np.nan)
    known = np.flatnonzero(~np.isnan(p).any(axis=1))
    fold = _folds(y[known], seed=seed)
    for number in range(FOLDS):
        inside, outside = known[fold != number], known[fold == number]
        part = None if weight is None else weight[inside]
        if inside.size and outside.size:
            calibrated[outside] = fit_calibration(p[inside], y[inside], task, part, seed=seed).apply(p[outside])
    return calibrated


def _candidates(p: Floats, y: Floats, task: Task) -> dict[str, FitCurve]:
    """The curves that these rows can carry, the simplest first."""
    candidates: dict[str, FitCurve] = {"identity": lambda *_: Identity()}
    count = np.bincount(y.astype(np.int64), minlength=task.classes)
    if y.size == 0 or count.min() < FOLDS or bool((p == p[:1]).all()):
        return candidates
    if task.kind == "multiclass":
        candidates["temperature"] = fit_temperature_of_classes
        if count.min() >= VECTOR_CLASS_ROWS:
            candidates["vector"] = fit_vector
        return candidates
    candidates |= {"temperature": fit_temperature, "platt": fit_platt, "beta": fit_beta}
    if y.size >= ISOTONIC_ROWS and count.min() >= ISOTONIC_CLASS_ROWS:
        candidates["isotonic"] = fit_isotonic
    return candidates


def _cross_validated(
    p: Floats, y: Floats, weight: Floats, candidates: Mapping[str, FitCurve], *, seed: int
) -> dict[str, Floats]:
    """The weighted log loss of each row under each candidate fitted without its fold."""
    if p.size > SELECTION_CELLS:
        rows = np.random.default_rng(seed).choice(y.size, SELECTION_CELLS // p.shape[1], replace=False)
        p, y, weight = p[rows], y[rows], weight[rows]
    fold = _folds(y, seed=seed)
    losses = {name: np.zeros(y.size) for name in candidates}
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        for name, fit in candidates.items():
            curve = fit(p[inside], y[inside], weight[inside])
            bounded = Calibration(method=name, curve=curve, rows=int(inside.sum()), classes=max(2, p.shape[1]))
            losses[name][outside] = _log_loss(bounded.apply(p[outside]), y[outside])
    scale = weight / weight.mean()
    return {name: loss * scale for name, loss in losses.items()}


def _folds(y: Floats, *, seed: int) -> Ints:
    """A fold number for each row, classes spread evenly."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(y.size), y))
    fold = np.empty(y.size, dtype=np.int64)
    fold[order] = np.arange(y.size) % FOLDS
    return fold


def _log_loss(p: Floats, y: Floats) -> Floats:
    classes = np.column_stack((1.0 - p, p)) if p.shape[1] == 1 else p
    chosen: Floats = classes[np.arange(y.size), y.astype(np.int64)]
    return -np.log(chosen)


def _simplest(losses: Mapping[str, Floats]) -> str:
    best = min(losses, key=lambda name: float(losses[name].mean()))
    for name, loss in losses.items():
        behind = loss - losses[best]
        slack = max(float(behind.std()) / np.sqrt(loss.size), CLEAR_GAIN * float(losses[best].mean()))
        if float(behind.mean()) <= slack:
            return name
    return best
