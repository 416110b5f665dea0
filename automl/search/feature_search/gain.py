"""What probes gained: the loss that is saved, and whether that is more than noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.search.feature_search.probe import Probed
from automl.search.feature_search.probe_rows import ProbeRows

Floats = NDArray[np.float64]

PRICE = 0.005  # of the loss, for twice the columns: the fits that there is less time for
BLOCKS = 40  # of the predicted rows; of each window of time


def row_losses(drawn: ProbeRows, results: Sequence[Probed]) -> Floats:
    """The loss of each row [n], its mean over the probes that predict it; NaN where none does."""
    total, times = np.zeros(drawn.rows.n), np.zeros(drawn.rows.n)
    for fold, one in zip(cycle(drawn.folds), results, strict=False):
        total[fold.valid] += one.loss
        times[fold.valid] += 1.0
    return np.where(times > 0.0, total / np.maximum(times, 1.0), np.nan)


def mean_weight(results: Sequence[Probed]) -> Floats:
    """The weight of each column, its mean over the folds."""
    return np.asarray(np.mean([one.weight for one in results], axis=0))


def gain(drawn: ProbeRows, before: Floats, after: Floats) -> tuple[float, float]:
    """The loss that is saved as a share of what was lost, and how many standard errors that is.

    `before` and `after` are the losses of each row [n]. Rows that go together (of one stretch of time, of a group) are
    no evidence each for itself: what counts are blocks of rows that follow one another. By time the window counts in
    which least is to be seen.
    """
    rows = drawn.rows
    weight = np.ones(rows.n) if rows.weight is None else rows.weight
    saved, lost = ((values * weight) for values in (before - after, before))
    parts = [fold.valid for fold in drawn.folds] if rows.by_time else [np.flatnonzero(~np.isnan(lost))]
    whole = float(np.nansum(lost))
    share = float(np.nansum(saved)) / whole if whole else 0.0
    return share, min(_errors([saved[block].mean() for block in _blocks(rows, part)]) for part in parts)


def price(before: int, after: int) -> float:
    """What the time that further columns take of each fit would have gained, as a share of the loss."""
    return PRICE * math.log2(max(1, after) / max(1, before))


def _blocks(rows: Rows, part: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows of `part` that follow one another, by time or group, in blocks."""
    keys = next((keys for keys in (rows.time, rows.group) if keys is not None), np.arange(rows.n))
    return np.array_split(part[np.argsort(keys[part], kind="stable")], min(BLOCKS, len(part)))


def _errors(blocks: Sequence[float]) -> float:
    """How many standard errors the mean of blocks is from 0, whatever unit they are in; no error parts any from 0."""
    mean, error = float(np.mean(blocks)), float(np.std(blocks, ddof=1) / np.sqrt(len(blocks)))
    return mean / error if error != 0.0 else math.copysign(math.inf, mean) if mean else 0.0
