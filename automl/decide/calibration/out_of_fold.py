"""The train rows that a fold predicted: calibrated once without their folds, for all that stands on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.calibration.calibrate import cross_fit
from automl.task import Task

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)  # no slots: what was calibrated once is kept
class OutOfFold:
    """`prediction` [n, width] of `rows` [n], each made without its row; `seed` deals the folds of the calibration."""

    rows: Rows
    prediction: Floats
    task: Task
    seed: int

    @classmethod
    def of(cls, prediction: Floats, train: Rows, task: Task, *, seed: int) -> Self:
        """The rows of `train` that have a `prediction` [n_train, width]: the others have NaN."""
        known = np.flatnonzero(~np.isnan(prediction).any(axis=1))
        if known.size == train.n:
            return cls(rows=train, prediction=prediction, task=task, seed=seed)
        return cls(rows=train.take(known), prediction=prediction[known], task=task, seed=seed)

    @cached_property
    def calibrated(self) -> Floats:
        """Each row's probability by a curve that was chosen and fitted without its fold [n, width]."""
        return self._calibrated(self.seed)

    @property
    def error(self) -> float:
        """The root mean square error of numbers, by the rows' weights; 0 for labels."""
        if self.task.kind != "regression":
            return 0.0
        return float(np.sqrt(np.average((self.calibrated[:, 0] - self.rows.y) ** 2, weights=self.rows.weight)))

    def recalibrated(self, repeat: int) -> Floats:
        """The same with the rows dealt to other folds; those of repeat 0 are `calibrated`."""
        return self._calibrated(self.seed + repeat) if repeat else self.calibrated

    def _calibrated(self, seed: int) -> Floats:
        return cross_fit(self.prediction, self.rows.y, self.task, self.rows.weight, seed=seed)
