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
from automl.ops.means import Kind, Means, Reading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Read = Callable[[Floats], Reading]  # what a level has a mean of, as these targets tell it

MOST_CLASSES = 12  # K classes cost K - 1 columns for each category; of more, so many directions between them are told
TRUST = 10.0  # rows' worth of belief in the shares of all, where directions between classes are looked for
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)  # of a number: which share of a level's rows lies above each


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A shrunk mean: `by_level` [levels] from all fitted rows, as `means` says, `out_of_fold` [n] from other folds."""

    name: str
    by_level: Floats
    means: Means
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

    def quantile(kind: Kind, share: float, y: Floats) -> Reading:
        return Reading(kind=kind, numbers=(float(np.quantile(y, share)),) if len(y) else (0.0,))

    quantiles = [(f"share above the {share:.0%} quantile", partial(quantile, "above", share)) for share in QUANTILES]
    return _means([("distance from the median", partial(quantile, "distance", 0.5)), *quantiles], level, levels, sample)


def looked_up(found: Iterable[Statistic], levels: Levels, source: Sequence[str]) -> tuple[Fitted, ...]:
    """Each statistic as a feature of the columns `source`, whose levels these are, taken from one table."""
    return tuple(
        made(
            f"{' x '.join(source)}: {statistic.name}",
            source,
            ops.Take(levels.index, statistic.by_level.reshape(-1, 1), statistic.means),
            statistic.out_of_fold,
        )
        for statistic in found
    )


def _targets(level: Ints, levels: int, sample: Sample) -> Iterator[tuple[str, Read]]:
    """What levels have means of, each by its name."""
    task = sample.task
    if task.kind == "regression":
        yield "mean of target", _always(Reading(kind="target"))
    elif task.kind == "binary":
        yield "share of positives", _always(Reading(kind="target"))
    elif task.classes <= MOST_CLASSES:
        for k, one in enumerate(np.eye(task.classes).tolist()[1:], 1):
            yield f"share of class {k}", _always(Reading(kind="classes", numbers=tuple(one)))
    elif sample.folds:
        classes = sample.y.astype(np.int64)
        for k, along in enumerate(_directions(level, levels, classes, task.classes, _weight(sample))):
            yield f"direction {k + 1} of classes", _always(Reading(kind="classes", numbers=tuple(along.tolist())))


def _always(reading: Reading) -> Read:
    """The same, whatever the targets are."""
    return lambda _: reading


def _means(targets: Iterable[tuple[str, Read]], level: Ints, levels: int, sample: Sample) -> Iterator[Statistic]:
    if not sample.folds:
        return
    weight = _weight(sample)
    for name, read in targets:
        reading = read(sample.y)
        whole = shrunk_means(level, levels, reading.of(sample.y), weight)
        out_of_fold = np.full(level.size, whole.prior)
        for fold in sample.folds:
            y = sample.y[fold.fit]
            of_fit = shrunk_means(level[fold.fit], levels, read(y).of(y), weight[fold.fit])
            out_of_fold[fold.valid] = of_fit.means[level[fold.valid]]
        means = Means(rows=whole.rows, belief=whole.belief, of=reading)
        yield Statistic(name=name, by_level=whole.means, means=means, out_of_fold=out_of_fold)


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
