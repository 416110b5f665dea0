"""What the terms of texts say of the target: a linear model, fitted out of fold, as one expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Fitted, Sample, made
from automl.features.sparse_linear import fit_linear, mean_loss
from automl.features.terms import SAMPLE, Terms, term_sums
from automl.ops import expr as ops
from automl.task import Task

Floats = NDArray[np.float64]
Learn = Callable[[NDArray[np.int64], float], tuple[Floats, Floats]]

MOST_CLASSES = 100  # a column each
MOST_CELLS = 480_000  # terms x classes of a column in the bundle: all terms up to 12 classes, then fewer
MOST_WORK = 60_000_000  # terms of the rows x classes that one step of a fit takes; beyond, fewer rows
RIDGES = (1.0, 0.4, 0.2)  # of the squared weights; less as long as it helps on other rows
LEAST = 500  # rows that a ridge is chosen on


def most_terms(task: Task) -> int:
    """How many terms a column may have, so that its tables stay small."""
    return MOST_CELLS // task.width


def scores_of(found: Mapping[str, Terms], sample: Sample, *, name: str) -> tuple[Fitted, ...]:
    """What a linear model of the terms of these columns says: one number `name`, for several classes one each.

    It is fitted out of fold on the sample, with a ridge chosen on rows that it does not score. Nothing where there are
    no inner folds, or too many classes.
    """
    from scipy import sparse

    if not sample.folds or sample.task.classes > MOST_CLASSES:
        return ()
    x = sparse.hstack([terms.matrix for terms in found.values()], format="csr")
    weight = np.ones_like(sample.y) if sample.weight is None else sample.weight / sample.weight.mean()

    most = max(1, min(SAMPLE, int(MOST_WORK / (sample.task.width * max(1.0, x.nnz / x.shape[0])))))

    def learn(rows: NDArray[np.int64], ridge: float) -> tuple[Floats, Floats]:
        drawn = np.random.default_rng(sample.seed).permutation(rows)[:most]
        return fit_linear(x[drawn], sample.y[drawn], weight[drawn], sample.task, ridge)

    ridges = _ridges(learn, x, weight, sample)
    values = np.tile(_prior(sample, weight), (len(sample.y), 1))
    for number, fold in enumerate(sample.folds):
        weights, intercept = learn(fold.fit, ridges[number >= len(sample.folds) // 2])
        values[fold.valid] = x[fold.valid] @ weights + intercept
    weights, intercept = learn(np.arange(len(sample.y)), ridges[0])
    ends = np.cumsum([len(terms.idf) for terms in found.values()])[:-1]
    parts = zip(found.values(), np.split(weights, ends), strict=True)
    start: ops.Expr = ops.Constant(intercept)
    total = reduce(ops.Add, [term_sums(terms, part) for terms, part in parts], start)
    return tuple(
        made(f"{name}{f' of class {k}' if values.shape[1] > 1 else ''}", found, ops.Pick(total, (k,)), values[:, k])
        for k in range(values.shape[1])
    )


def _ridges(learn: Learn, x: Any, weight: Floats, sample: Sample) -> tuple[float, float]:
    """The ridge for the first half of the folds, chosen on rows of the others, and the other way round."""
    half = len(sample.folds) // 2
    parts = sample.folds[half:], sample.folds[:half]
    first, second = (
        _ridge(learn, x, weight, sample, np.concatenate([np.zeros(0, int), *(f.valid for f in part)])) for part in parts
    )
    return first, second


def _ridge(learn: Learn, x: Any, weight: Floats, sample: Sample, rows: NDArray[np.int64]) -> float:
    """The one of `RIDGES` that predicts a part of these rows best from the others."""
    if len(rows) < LEAST:
        return RIDGES[0]
    fitted, judged = np.split(np.random.default_rng(sample.seed).permutation(rows), [2 * len(rows) // 3])
    best, lowest = RIDGES[0], np.inf
    for ridge in RIDGES:
        weights, intercept = learn(fitted, ridge)
        loss = mean_loss(x[judged] @ weights + intercept, sample.y[judged], weight[judged], sample.task)
        if not loss < lowest:
            break
        best, lowest = ridge, loss
    return best


def _prior(sample: Sample, weight: Floats) -> Floats:
    """The score of a row that no fold predicts: that of a text without a known word, roughly."""
    if sample.task.kind == "regression":
        return np.zeros(1)
    classes = np.arange(sample.task.classes) if sample.task.kind == "multiclass" else np.array([1.0])
    share = np.clip([np.average(sample.y == code, weights=weight) for code in classes], 1e-6, 1 - 1e-6)
    return np.asarray(np.log(share) if sample.task.kind == "multiclass" else np.log(share / (1 - share)))
