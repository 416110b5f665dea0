"""How well each column alone predicts the target, and how well it tells test rows from train rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.drift import PART
from automl.data.audit.drift import SAMPLE as DRIFT_ROWS
from automl.data.audit.leaks import CELLS, SAMPLE
from automl.data.audit.univariate import BINS, univariate_score
from automl.task import Task

Floats = NDArray[np.float64]
LEAST = 50  # rows: fewer say nothing
FULL = 40  # rows of a bin: where rows are few, the mean of a bin of two or three is luck
FEWEST = 4  # bins


def scores(frame: pl.DataFrame, y: Floats, task: Task, seed: int) -> Mapping[str, float]:
    """The score of each column out of sample, in the measure of `univariate_score`, on the rows of the look for leaks.

    Nothing where there are few rows.
    """
    size = min(SAMPLE, CELLS // max(1, frame.width), y.size)
    if size < LEAST:
        return {}
    rows = np.random.default_rng(seed).permutation(y.size)[:size]
    sample, known = frame[rows], y[rows]
    return {series.name: univariate_score(series, known, task, _bins(size)) for series in sample}


def drifts(train: pl.DataFrame, test: pl.DataFrame, seed: int) -> Mapping[str, float]:
    """The AUC out of sample with which each column alone tells test rows from train rows."""
    size = min(train.height, test.height, DRIFT_ROWS, CELLS // max(1, train.width))
    if size < LEAST:
        return {}
    draw = np.random.default_rng(seed)
    rows = pl.concat([part[np.sort(draw.permutation(part.height)[:size])] for part in (train, test)])
    order = draw.permutation(rows.height)
    later = (order >= size).astype(np.float64)
    return {series.name: univariate_score(series, later, PART, _bins(2 * size)) for series in rows[order]}


def _bins(rows: int) -> int:
    return min(BINS, max(FEWEST, rows // FULL))
