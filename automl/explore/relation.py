"""What a column says of the target: its mean in each range or level, with an interval."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import is_missing
from automl.data.ranges import ranges
from automl.data.read.frames import counted
from automl.data.rows import Column
from automl.explore.distribution import FEW, LETTERS, moment, told
from automl.explore.profile import Bin
from automl.task import Task

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RANGES = 10
TOP = 10  # levels
NORMAL = NormalDist().inv_cdf(0.975)
LEAST = 5  # rows of a bin: fewer say nothing


def relation(series: pl.Series, column: Column, y: Floats, task: Task) -> tuple[Bin, ...]:
    """The target `y` [n] by ranges of about as many rows, or by frequent levels; what is missing comes last."""
    usual = int(np.bincount(y.astype(np.int64)).argmax()) if task.kind == "multiclass" else 0
    missing = is_missing(series)
    parts = (*_parts(series, column, ~missing), ("missing", missing))
    least = max(LEAST, column.min_level)
    return tuple(_bin(name, y[rows], task, usual) for name, rows in parts if rows.sum() >= least)


def _parts(series: pl.Series, column: Column, there: Flags) -> Iterator[tuple[str, Flags]]:
    if series.dtype == pl.String:
        counts = counted(series.filter(pl.Series(there))).sort("count", "value", descending=[True, False])
        for name in counts["value"].head(TOP):
            yield name[:LETTERS], (series == name).to_numpy()
        return
    values = series.to_numpy()
    known, often = np.unique(values[there], return_counts=True)
    if known.size <= FEW and column.wire != "date":
        for value in known:
            yield told(float(value)), values == value
        return
    for first, last in ranges(often, RANGES):
        low, high = known[first], known[last]
        ends = [moment(end) if column.wire == "date" else told(float(f"{end:.4g}")) for end in (low, high)]
        yield " to ".join(dict.fromkeys(ends)), there & (values >= low) & (values <= high)


def _bin(name: str, y: Floats, task: Task, usual: int) -> Bin:
    n = int(y.size)
    if task.kind == "regression":
        mean, error = float(y.mean()), float(y.std(ddof=1)) / np.sqrt(n)
        return Bin(name=name, rows=n, value=mean, low=mean - NORMAL * error, high=mean + NORMAL * error)
    shares = np.bincount(y.astype(np.int64), minlength=task.classes) / n
    share = float(shares[1] if task.kind == "binary" else shares[usual])
    low, high = wilson(share, n)
    several = tuple(map(float, shares)) if task.kind == "multiclass" else ()
    return Bin(name=name, rows=n, value=share, low=low, high=high, shares=several)


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many rows (Wilson 1927).

    >>> [round(end, 3) for end in wilson(0.0, 10)]
    [0.0, 0.278]
    """
    square = NORMAL**2 / rows
    middle, half = share + square / 2, np.sqrt(share * (1 - share) * square + square**2 / 4)
    return max(0.0, float((middle - half) / (1 + square))), min(1.0, float((middle + half) / (1 + square)))
