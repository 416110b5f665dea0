"""Shelf life: the loss that a window of new rows will have by the age of the model, with a band for one such window."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.bundle.ages import ShelfRecord
from automl.data.rows import Rows
from automl.metrics.row_losses import row_losses
from automl.monitor.money.promise import student
from automl.pipeline.ages import sample_models
from automl.pipeline.choose import ChosenModel
from automl.search.leaderboard import mixed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOWS = 20  # that the out-of-fold rows are cut into
FEWEST_ROWS = 100  # of a window
FEWEST_WINDOWS = 4  # a spread learned from fewer would be no band
MOST_AGES = 60  # windows that are stated
MOST_LOG = 700.0  # of a loss: beyond there is no number
ALPHA = 0.05
TINY = 1e-12  # of the mean loss: below, a window counts as that good


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Rows [n] that frozen models met: the `loss` of each, its moment, and which `model` that was (both in seconds).

    `begun` is when its model began to age. Where several models met a row it stands here for each of them; `own` are
    the rows of a model's own window, each of which stands here once.
    """

    loss: Floats
    weight: Floats
    time: Floats
    begun: Floats
    own: NDArray[np.bool_]


def shelf_life(train: Rows, choice: ChosenModel, *, until: float, seed: int) -> tuple[ShelfRecord, ...]:
    """By windows of age, from new to `until` (seconds); none where time parts no rows or windows are too few.

    Where members from more rows than memory holds ship, it is that of models of the sample.
    """
    oof, curve = sample_models(train, choice, seed=seed)
    ahead, own, kind = choice.outcome.ahead, oof.rows, oof.task.kind
    if ahead is None or train.time is None or own.time is None:
        return ()
    rows, older = train.take(ahead.rows), curve.apply(mixed(choice.outcome.weights, ahead.predictions))
    begun = ahead.starts[np.searchsorted(ahead.starts, own.time, side="right") - 1]
    loss = np.concatenate([row_losses(older, rows.y, kind), row_losses(oof.calibrated, own.y, kind)])
    weight = np.concatenate([np.ones(one.n) if one.weight is None else one.weight for one in (rows, own)])
    known = np.flatnonzero(~np.isnan(loss) & (weight > 0.0))
    seen = Seen(
        loss=loss[known],
        weight=weight[known],
        time=np.concatenate([train.time[ahead.rows], own.time])[known] / 1e6,
        begun=np.concatenate([ahead.begun, begun])[known] / 1e6,
        own=known >= rows.n,
    )
    return expected(seen, until=until)


def expected(seen: Seen, *, until: float) -> tuple[ShelfRecord, ...]:
    """The mean loss of a window of rows that a model of each age meets, from new to `until` (seconds), with a band.

    Windows are as long as a twentieth of the out-of-fold rows, or as moments lie apart. The logarithm of a window's
    mean loss is a line in the model's age:

    - its slope is learned within each model, so that a model that has learned from few rows is not taken for an old
      one; a stretch of the calendar counts once, however many models met it. As far as it may be chance it is drawn
      towards 0 (empirical Bayes: Morris 1983);
    - its level, and how windows lie about it, from the windows that followed each model at once.

    The band is that of one new window, not of a mean: how windows differ, the error of the level and that of the
    slope, which grows with the age, by Student's quantile (the prediction interval of a regression: Draper and Smith
    1998, 3.1). Where neighbouring windows are alike they count as fewer (Bayley and Hammersley 1946).
    """
    found = _cells(seen)
    if found is None or found.own.sum() < FEWEST_WINDOWS:
        return ()
    line = _line(found)
    ends: Floats = np.arange(1.0, min(MOST_AGES, max(1, math.ceil(until / found.length))) + 1) * found.length
    middles = ends - found.length / 2
    center, half = line.level + line.slope * middles, line.half(middles)
    losses = np.exp(np.clip([center, center - half, center + half], -MOST_LOG, MOST_LOG)).T.tolist()
    return tuple(
        ShelfRecord(start=end - found.length, end=end, loss=loss, low=low, high=high, seen=here)
        for end, (loss, low, high), here in zip(
            ends.tolist(), losses, (ends - found.length <= found.age.max()).tolist(), strict=True
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The logarithm of a window's mean loss by age, the variance of windows about it, and the slope's standard error.

    As many as `alone` windows that are not alike tell of its level.
    """

    level: float
    slope: float
    variance: float
    error: float
    alone: float
    windows: int

    def half(self, age: Floats) -> Floats:
        """Half of the band of one window at each age [n]."""
        variance = self.variance * (1.0 + 1.0 / self.alone) + (self.error * age) ** 2
        return student(ALPHA / 2, self.windows - 1) * np.sqrt(variance)


def _line(found: _Cells) -> _Line:
    own, age = found.log[found.own], found.age[found.own]
    slope, square = _slope(found)
    alone, variance = _spread(own - slope * age)
    wide = variance * own.size / alone / square if square > 0 else 0.0
    believed = slope**2 / (slope**2 + wide) if slope else 0.0
    level = own - believed * slope * age
    alone, variance = _spread(level)
    return _Line(
        level=float(level.mean()),
        slope=believed * slope,
        variance=variance,
        error=math.sqrt(believed * wide),
        alone=alone,
        windows=own.size,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """Windows of age [n]: the logarithm of the mean loss, the mean age, the model, the stretch of the calendar."""

    log: Floats
    age: Floats
    model: Ints
    stretch: Ints
    own: NDArray[np.bool_]
    length: float


def _cells(seen: Seen) -> _Cells | None:
    """None where no window has rows enough."""
    moments = np.unique(seen.time[seen.own])
    if moments.size < FEWEST_WINDOWS:
        return None
    first, span = moments[0], moments[-1] - moments[0]
    length = max(span / WINDOWS, float(np.diff(moments).max()))
    _, model = np.unique(seen.begun, return_inverse=True)
    age = seen.time - seen.begun
    key = (model * 2 + seen.own) * (int(age.max() / length) + 1) + (age / length).astype(np.int64)
    _, cell, rows = np.unique(key, return_inverse=True, return_counts=True)
    total = np.bincount(cell, seen.weight)
    means = [np.bincount(cell, seen.weight * each) / total for each in (seen.loss, age, seen.time)]
    enough = (rows >= max(FEWEST_ROWS, np.median(rows) / 4)) & np.isfinite(means[0])
    if not enough.any():
        return None
    loss = np.maximum(means[0], TINY * means[0][enough].mean() or 1.0)
    first_row = np.unique(cell, return_index=True)[1]
    return _Cells(
        log=np.log(loss)[enough],
        age=means[1][enough],
        model=model[first_row][enough],
        stretch=((means[2] - first) / length).astype(np.int64)[enough],
        own=seen.own[first_row][enough],
        length=length,
    )


def _slope(found: _Cells) -> tuple[float, float]:
    """By weighted least squares within models, and the sum of squares that it rests on; a stretch weighs 1."""
    _, stretch, many = np.unique(found.stretch, return_inverse=True, return_counts=True)
    weight = 1.0 / many[stretch]
    age, log = (_within(values, found.model, weight) for values in (found.age, found.log))
    square = float(weight @ age**2)
    return (float(weight @ (age * log)) / square if square > 0 else 0.0), square


def _within(values: Floats, model: Ints, weight: Floats) -> Floats:
    """What is left of the values beside the mean of their model."""
    means = np.bincount(model, weight * values) / np.maximum(np.bincount(model, weight), TINY)
    return np.asarray(values - means[model])


def _spread(level: Floats) -> tuple[float, float]:
    """How many windows that are not alike tell as much as these, by the correlation of neighbours; their variance."""
    centered = level - level.mean()
    square = float(centered @ centered)
    alike = max(0.0, float(centered[1:] @ centered[:-1]) / square) if square > 0 else 0.0
    alone = max(float(FEWEST_WINDOWS), level.size * (1.0 - alike) / (1.0 + alike))
    return alone, square / level.size / (1.0 - 1.0 / alone)
