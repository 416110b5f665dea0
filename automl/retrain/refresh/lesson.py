"""The rows that a refresh learns from, with their folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.metrics.row_losses import row_losses
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """The rows [n] that are learned from, and the fold of each."""

    frame: pl.DataFrame
    y: Floats
    weight: Floats
    fold: Ints
    task: Task
    seed: int

    @classmethod
    def of(cls, rows: Rows, task: Task, seed: int) -> Lesson:
        """All of these rows."""
        weight = np.ones(rows.n) if rows.weight is None else rows.weight
        return cls(frame=rows.inputs, y=rows.y, weight=weight, fold=_folds(rows, seed), task=task, seed=seed)

    @property
    def all(self) -> Ints:
        """Every row."""
        return np.arange(len(self.y))

    def loss(self, prediction: Floats) -> float:
        """The mean loss of predictions [n, width] by the task's proper loss."""
        return float(np.average(row_losses(prediction, self.y, self.task.kind), weights=self.weight))


def _folds(rows: Rows, seed: int) -> Ints:
    """A fold for each row: stretches of time where there is a time, whole groups, else at random."""
    if rows.time is not None:
        return np.asarray(np.argsort(np.argsort(rows.time, kind="stable"), kind="stable") * FOLDS // rows.n)
    random = np.random.default_rng(seed)
    if rows.group is not None:
        _, group = np.unique(rows.group, return_inverse=True)
        return np.asarray(random.permutation(int(group.max(initial=-1)) + 1) % FOLDS)[group]
    return np.asarray(random.permutation(rows.n) % FOLDS)
