"""What the target is like on each level of a category, fitted out of fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Sample
from automl.features.shrinkage import shrunk_means
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CLASSES = 12  # K classes cost K - 1 columns for each category; beyond, the level codes have to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A shrunk mean: `by_level` [levels] from all fitted rows, `out_of_fold` [n] from the other folds."""

    name: str
    by_level: Floats
    out_of_fold: Floats


def statistics(level: Ints, levels: int, sample: Sample) -> Iterator[Statistic]:
    """The mean of the target on each level, shrunk to the overall mean (Micci-Barreca 2001) as far as levels differ.

    `level` [n] is each row's level, 0..levels-1. Binary: the share of positives. K classes: the shares of
    classes 1..K-1 (their sum tells the first). Regression: the mean. Without folds there is none, since
    nothing could be out of fold; a row that no fold predicts gets the overall mean.
    """
    if not sample.folds:
        return
    weight = np.ones_like(sample.y) if sample.weight is None else sample.weight / sample.weight.mean()
    for name, target in _targets(sample.y, sample.task):
        by_level, prior = shrunk_means(level, levels, target, weight)
        out_of_fold = np.full(level.size, prior)
        for fold in sample.folds:
            fit = fold.fit
            of_fit, _ = shrunk_means(level[fit], levels, target[fit], weight[fit])
            out_of_fold[fold.valid] = of_fit[level[fold.valid]]
        yield Statistic(name=name, by_level=by_level, out_of_fold=out_of_fold)


def _targets(y: Floats, task: Task) -> Iterator[tuple[str, Floats]]:
    if task.kind == "regression":
        yield "mean of target", y
    elif task.kind == "binary":
        yield "share of positives", y
    elif task.classes <= MOST_CLASSES:
        for code in range(1, task.classes):
            yield f"share of class {code}", (y == code).astype(np.float64)
