"""A feature matrix on disk: what a worker maps into memory, written so that columns common to all folds exist once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.learners.base import FeatureInfo, Floats, Matrix

Ints = NDArray[np.int64]

SAMPLE = 1  # the seed of samples of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMatrix:
    """The matrix of one feature plan over all train rows, and which rows fit and are predicted.

    Files below `folder`: ``y.npy`` and ``weight.npy`` [n], ``base.npy`` [n, B], and for this one ``<name>.npy``
    [n, O] with its own columns, ``<name>-fit.npy`` and ``<name>-valid.npy`` with positions. `places[j]` is where
    column j stands: p >= 0 in the base, -1 - p among its own.
    """

    folder: str
    name: str
    features: tuple[FeatureInfo, ...]
    places: tuple[int, ...]
    weighted: bool

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self._load("y"))

    def fit(self, sample: int | None = None) -> Matrix:
        """The rows that are learned from, or `sample` of them, drawn evenly; a larger sample holds a smaller one."""
        return self._matrix(self.fit_rows(sample))

    def fit_rows(self, sample: int | None = None) -> Ints:
        """The positions of the rows of `fit`."""
        return _some(self._load(f"{self.name}-fit").astype(np.int64), sample)

    def valid(self, sample: int | None = None) -> Matrix:
        """The rows that are predicted, or `sample` of them."""
        return self._matrix(_some(self._load(f"{self.name}-valid").astype(np.int64), sample))

    def at(self, rows: Ints) -> Matrix:
        """The rows at these positions."""
        return self._matrix(rows)

    def everything(self) -> Matrix:
        """All train rows: for the refit."""
        return self._matrix(np.arange(self.n))

    def _matrix(self, rows: Ints) -> Matrix:
        return Matrix(
            values=self._values(rows),
            features=self.features,
            y=np.asarray(self._load("y")[rows]),
            weight=np.asarray(self._load("weight")[rows]) if self.weighted else None,
        )

    def _values(self, rows: Ints) -> Floats:
        base: Floats = self._load("base")
        if self.places == tuple(range(base.shape[1])):
            return np.ascontiguousarray(base[rows])
        values = np.empty((len(rows), len(self.places)))
        shared = [(j, p) for j, p in enumerate(self.places) if p >= 0]
        own = [(j, -1 - p) for j, p in enumerate(self.places) if p < 0]
        for source, columns in (("base", shared), (self.name, own)):
            if columns:
                to, of = ([pair[i] for pair in columns] for i in (0, 1))
                values[:, to] = self._load(source)[rows][:, of]
        return values

    def _load(self, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = np.load(Path(self.folder) / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return values


def _some(rows: Ints, sample: int | None) -> Ints:
    if sample is None or sample >= len(rows):
        return rows
    return rows[np.sort(np.random.default_rng(SAMPLE).permutation(len(rows))[:sample])]
