"""Shelf life: what a model loses as it grows older, as the manifest tells it."""

from __future__ import annotations

from automl.bundle.frozen import Frozen


class AgeRecord(Frozen):
    """Out-of-fold models of an age from `start` to `end` (seconds), on `rows` that newer models predicted, too.

    The age of a model counts from the beginning of the window after the rows that it learned from. `loss` is the mean
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


def unpriced(age: AgeRecord) -> AgeRecord:
    """The same without its money, which other costs and another policy change."""
    return age.model_copy(update={"lost": None, "lost_low": None, "lost_high": None})
