"""What the target is like on each level of a category, fitted out of fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Sample
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMOOTHING = 10.0  # rows' worth of belief in the prior
MOST_CLASSES = 12  # K classes cost K - 1 columns for each category; beyond, the level codes have to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A smoothed mean: `by_level` [levels] from all fitted rows, `out_of_fold` [n] from the other folds."""

    name: str
    by_level: Floats
    out_of_fold: Floats


def statistics(level: Ints, levels: int, sample: Sample) -> Iterator[Statistic]:
    """The mean of the target on each level, shrunk to the overall mean (Micci-Barreca 2001).

    `level` [n] is each row's level, 0..levels-1. Binary: the share of positives. K classes: the shares of
    classes 1..K-1 (their sum tells the first). Regression: the mean. Without folds there is none, since
    nothing could be out of fold; a row that no fold predicts gets the overall mean.
    """
    if not sample.folds:
        return
    weight = np.ones_like(sample.y) if sample.weight is None else sample.weight / sample.weight.mean()
    for name, target in _targets(sample.y, sample.task):
        everyone = np.arange(level.size)
        by_level, prior = _smoothed(level, levels, target, weight, everyone)
        out_of_fold = np.full(level.size, prior)
        for fold in sample.folds:
            of_fit, _ = _smoothed(level, levels, target, weight, fold.fit)
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


def _smoothed(level: Ints, levels: int, target: Floats, weight: Floats, rows: Ints) -> tuple[Floats, float]:
    """The smoothed mean of each level over `rows`, and the mean over all of them (0 if there are none)."""
    w = weight[rows]
    total = w.sum()
    prior = float(w @ target[rows] / total) if total > 0 else 0.0
    sums = np.bincount(level[rows], weights=w * target[rows], minlength=levels)
    counts = np.bincount(level[rows], weights=w, minlength=levels)
    return (sums + SMOOTHING * prior) / (counts + SMOOTHING), prior
