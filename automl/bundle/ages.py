"""Shelf life: what a model loses as it grows older, as the manifest tells it."""

from __future__ import annotations

from collections.abc import Sequence

from automl.bundle.frozen import Frozen


class AgeRecord(Frozen):
    """Out-of-fold models of an age from `start` to `end` (seconds), on `rows` that newer models predicted, too.

    The age of a model counts from the beginning of the window after the rows that it learned from; an older one has
    learned from fewer rows, too. `loss` is the mean
    log loss or squared error of the older models, `fresh` that of the newer ones; `worse` is the difference with its
    interval of 95 %. `lost` is what the older ones save less per 1,000 rows, None where no money is counted.
    """

    start: float
    end: float
    rows: int
    loss: float
    fresh: float
    worse: float
    low: float
    high: float
    lost: float | None = None
    lost_low: float | None = None
    lost_high: float | None = None


class ShelfRecord(Frozen):
    """The mean loss that one window of new rows will have whose model is from `start` to `end` (seconds) old.

    `loss` is the log loss or the squared error that is expected; with 95 % that of one such window, not the mean of
    many, lies between `low` and `high`. Not `seen` are ages that no out-of-fold model has reached: the line is drawn
    further.
    """

    start: float
    end: float
    loss: float
    low: float
    high: float
    seen: bool


class UseRecord(Frozen):
    """At which ages the money of the verdict was judged, and at which the model will be used (seconds, from 0 on).

    `used` is [retrain] every, else `judged`. `saving` per 1,000 rows is the verdict's, less what is lost more at the
    ages in use; None where the stretches of age tell no money.
    """

    judged: float
    used: float
    saving: float | None = None


def lost_until(ages: Sequence[AgeRecord], until: float) -> float | None:
    """What is lost on average, per 1,000 rows, by a model from new to `until` (seconds) old; None where nobody knows.

    Before the first stretch nothing is, after the last as much as in it.
    """
    if not ages or any(age.lost is None for age in ages):
        return None
    ends = [*(age.end for age in ages[:-1]), max(until, ages[-1].end)]
    spans = (max(0.0, min(end, until) - age.start) for age, end in zip(ages, ends, strict=True))
    return sum(span * (age.lost or 0.0) for span, age in zip(spans, ages, strict=True)) / until if until else 0.0


def unpriced(age: AgeRecord) -> AgeRecord:
    """The same without its money, which other costs and another policy change."""
    return age.model_copy(update={"lost": None, "lost_low": None, "lost_high": None})
