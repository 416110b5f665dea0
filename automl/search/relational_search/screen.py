"""Columns that no probe need see: constants, what says the same as another, and what gives the answer away."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.leaks import LEAK
from automl.data.audit.univariate import if_even, univariate_score
from automl.task import Task

ALIKE = 0.999  # squared correlation from which on two columns say the same
GLANCE = 2_000  # rows on which a leak shows itself
NEAR = 0.05  # below the bar of a leak: looked at on all rows

Floats = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Screen:
    """What has been seen so far: the columns of later batches are compared with those of earlier ones."""

    y: Floats
    task: Task
    kept: Collection[str]  # columns that are no leak because the user says so
    excludes: bool  # whether leaks are left out
    constant: int = 0
    copies: int = 0
    leaks: dict[str, float] = field(default_factory=dict)
    _seen: set[bytes] = field(default_factory=set)
    _basis: list[Floats] = field(default_factory=list)

    def passed(self, values: pl.DataFrame) -> list[str]:
        """The names of the columns that are worth a probe."""
        varying = [series for series in values if series.n_unique() > 1]  # NaN equals itself in polars
        self.constant += values.width - len(varying)
        single = [series for series in varying if not self._is_copy(series)]
        self.copies += len(varying) - len(single)
        return [series.name for series in single if not (self.excludes and self._is_leak(series))]

    def _is_leak(self, series: pl.Series) -> bool:
        """Whether the column alone predicts the target; a glance at some rows decides for most columns."""
        bar = LEAK[self.task.kind]
        if series.name in self.kept:
            return False
        for rows in (slice(0, None, -(-len(series) // GLANCE)), slice(None)):
            score = univariate_score(series[rows], self.y[rows], self.task)
            if if_even(score, self.y[rows], self.task) < (bar if rows == slice(None) else bar - NEAR):
                return False
        self.leaks[series.name] = score
        return True

    def _is_copy(self, series: pl.Series) -> bool:
        """Whether the column equals an earlier one, or rises and falls with it in a straight line."""
        plain = series.to_physical() if series.dtype != pl.String else series.rank("dense")
        column = plain.to_numpy().astype(np.float64)
        key = hashlib.blake2b((column + 0.0).tobytes(), digest_size=16).digest()
        if key in self._seen:
            return True
        self._seen.add(key)
        if series.dtype == pl.String:
            return False
        standard = _standard(column)
        if self._basis and float(np.max(np.square(np.asarray(self._basis) @ standard))) > ALIKE:
            return True
        self._basis.append(standard)
        return False


def _standard(column: Floats) -> Floats:
    """Mean 0 and length 1, missing values as a value of their own below all others."""
    there = np.isfinite(column)
    low = column[there].min() if there.any() else 0.0
    spread = np.ptp(column[there]) if there.any() else 0.0
    filled = np.where(there, column, low - (0.1 * spread or max(1.0, abs(low))))
    centred = filled - filled.mean()
    length = float(np.linalg.norm(centred))
    return np.asarray(centred / length if length > 0 else centred)
