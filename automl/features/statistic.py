"""What the target is like on each level of a category, fitted out of fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from automl.features.base import Fitted, Sample, made
from automl.features.levels import Levels
from automl.features.shrinkage import shrunk_means
from automl.ops import expr as ops

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Target = Callable[[Ints], Floats]  # what a level has a mean of, on these rows and as these rows tell it

MOST_CLASSES = 12  # K classes cost K - 1 columns for each category; of more, so many directions between them are told
TRUST = 10.0  # rows' worth of belief in the shares of all, where directions between classes are looked for
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)  # of a number: which share of a level's rows lies above each


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A shrunk mean: `by_level` [levels] from all fitted rows, `out_of_fold` [n] from the other folds."""

    name: str
    by_level: Floats
    out_of_fold: Floats


def statistics(level: Ints, levels: int, sample: Sample) -> Iterator[Statistic]:
    """The mean of the target on each level, shrunk to the overall mean (Micci-Barreca 2001) as far as levels differ.

    `level` [n] is each row's level, 0..levels-1. Binary: the share of positives. K classes: the shares of
    classes 1..K-1 (their sum tells the first); of many classes the directions between them in which levels differ
    most. Regression: the mean. Without folds there is none, since nothing could be out of fold; a row that no fold
    predicts gets the overall mean.
    """
    return _means(_targets(level, levels, sample), level, levels, sample)


def distributions(level: Ints, levels: int, sample: Sample) -> Iterator[Statistic]:
    """How a number spreads on each level, beside its mean, shrunk and out of fold as the mean is.

    Its mean distance from the median of all, and the share of rows above each of `QUANTILES` of all rows: what the
    quantiles of a level say, as means, which few rows do not throw about.
    """

    def distance(rows: Ints) -> Floats:
        return np.asarray(np.abs(sample.y[rows] - np.median(sample.y[rows])))

    def above(share: float, rows: Ints) -> Floats:
        return np.asarray(sample.y[rows] > np.quantile(sample.y[rows], share), dtype=np.float64)

    quantiles = [(f"share above the {share:.0%} quantile", partial(above, share)) for share in QUANTILES]
    return _means([("distance from the median", distance), *quantiles], level, levels, sample)


def looked_up(found: Iterable[Statistic], levels: Levels, source: Sequence[str]) -> tuple[Fitted, ...]:
    """Each statistic as a feature of the columns `source`, whose levels these are, taken from one table."""
    return tuple(
        made(
            f"{' x '.join(source)}: {statistic.name}",
            source,
            ops.Take(levels.index, statistic.by_level.reshape(-1, 1)),
            statistic.out_of_fold,
        )
        for statistic in found
    )


def _targets(level: Ints, levels: int, sample: Sample) -> Iterator[tuple[str, Target]]:
    """What levels have means of, each by its name."""
    y, task = sample.y, sample.task
    if task.kind == "regression":
        yield "mean of target", y.__getitem__
    elif task.kind == "binary":
        yield "share of positives", y.__getitem__
    elif task.classes <= MOST_CLASSES:
        for k in range(1, task.classes):
            yield f"share of class {k}", (y == k).astype(np.float64).__getitem__
    elif sample.folds:
        classes = y.astype(np.int64)
        for k, along in enumerate(_directions(level, levels, classes, task.classes, _weight(sample))):
            yield f"direction {k + 1} of classes", along[classes].__getitem__


def _means(targets: Iterable[tuple[str, Target]], level: Ints, levels: int, sample: Sample) -> Iterator[Statistic]:
    if not sample.folds:
        return
    weight = _weight(sample)
    for name, target in targets:
        by_level, prior = shrunk_means(level, levels, target(np.arange(level.size)), weight)
        out_of_fold = np.full(level.size, prior)
        for fold in sample.folds:
            of_fit, _ = shrunk_means(level[fold.fit], levels, target(fold.fit), weight[fold.fit])
            out_of_fold[fold.valid] = of_fit[level[fold.valid]]
        yield Statistic(name=name, by_level=by_level, out_of_fold=out_of_fold)


def _weight(sample: Sample) -> Floats:
    return np.ones_like(sample.y) if sample.weight is None else sample.weight / sample.weight.mean()


def _directions(level: Ints, levels: int, classes: Ints, width: int, weight: Floats) -> Floats:
    """Directions [k, classes] in which the class shares of levels differ most, of length 1, the largest part positive.

    Principal components of the shares of levels, each level with the weight of its rows. All rows choose them; what
    stands along them is told out of fold.
    """
    counts = np.bincount(level * width + classes, weights=weight, minlength=levels * width).reshape(levels, width)
    rows = counts.sum(axis=1, keepdims=True)
    share = counts / (rows + TRUST) - counts.sum(axis=0) / counts.sum() * (rows / (rows + TRUST))
    _, vectors = np.linalg.eigh((share * rows).T @ share)
    directions = vectors.T[::-1][: MOST_CLASSES - 1]
    largest = directions[np.arange(len(directions)), np.argmax(np.abs(directions), axis=1)]
    return np.asarray(directions * np.sign(largest)[:, None])
