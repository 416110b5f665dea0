"""What the terms of texts say of the target: a linear model, fitted out of fold, as one expression."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Fitted, Sample, made
from automl.features.sparse_linear import fit_linear
from automl.features.statistic import MOST_CLASSES
from automl.features.terms import SAMPLE, Terms, term_sums
from automl.ops import expr as ops

Floats = NDArray[np.float64]


def scores_of(found: Mapping[str, Terms], sample: Sample, *, name: str) -> tuple[Fitted, ...]:
    """What a linear model of the terms of these columns says: one number `name`, for several classes one each.

    It is fitted out of fold on the sample. Nothing where there are no inner folds, or too many classes.
    """
    from scipy import sparse

    if not sample.folds or sample.task.classes > MOST_CLASSES:
        return ()
    x = sparse.hstack([terms.matrix for terms in found.values()], format="csr")
    weight = np.ones_like(sample.y) if sample.weight is None else sample.weight / sample.weight.mean()

    def learn(rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        drawn = np.random.default_rng(sample.seed).permutation(rows)[:SAMPLE]
        return fit_linear(x[drawn], sample.y[drawn], weight[drawn], sample.task)

    values = np.tile(_prior(sample, weight), (len(sample.y), 1))
    for fold in sample.folds:
        weights, intercept = learn(fold.fit)
        values[fold.valid] = x[fold.valid] @ weights + intercept
    weights, intercept = learn(np.arange(len(sample.y)))
    ends = np.cumsum([len(terms.idf) for terms in found.values()])[:-1]
    parts = zip(found.values(), np.split(weights, ends), strict=True)
    start: ops.Expr = ops.Constant(intercept)
    total = reduce(ops.Add, [term_sums(terms, part) for terms, part in parts], start)
    return tuple(
        made(f"{name}{f' of class {k}' if values.shape[1] > 1 else ''}", found, ops.Pick(total, (k,)), values[:, k])
        for k in range(values.shape[1])
    )


def _prior(sample: Sample, weight: Floats) -> Floats:
    """The score of a row that no fold predicts: that of a text without a known word, roughly."""
    if sample.task.kind == "regression":
        return np.zeros(1)
    classes = np.arange(sample.task.classes) if sample.task.kind == "multiclass" else np.array([1.0])
    share = np.clip([np.average(sample.y == code, weights=weight) for code in classes], 1e-6, 1 - 1e-6)
    return np.asarray(np.log(share) if sample.task.kind == "multiclass" else np.log(share / (1 - share)))
