"""What a small model is taught: some of the columns, and beside the labels what a large one says of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.learners.base import Floats, Matrix
from automl.task import Task

SHARE = 0.5  # of the teacher in what is learned: all of it, or more rows of its making, were worse (graph.md)
LEAST = 0.02  # of a row, the share of a class that is worth a copy of it


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftTargets:
    """The features called `columns` are the only ones looked at, where they are named.

    `teacher` is the path of predictions [n, width] of all train rows, each made without the row (out of fold), NaN
    where there is none: half of what is learned (Hinton, Vinyals, Dean 2015, with labels mixed in).
    """

    columns: tuple[str, ...] | None = None
    teacher: str | None = None


def apply_soft_targets(targets: SoftTargets | None, matrix: Matrix, rows: NDArray[np.int64], task: Task) -> Matrix:
    """The matrix of the train rows at `rows` as `targets` have it; each likely class of a row has a copy of it."""
    if targets is None:
        return matrix
    if targets.columns is not None:
        names = frozenset(targets.columns)
        kept = [place for place, feature in enumerate(matrix.features) if feature.name in names]
        values = np.zeros_like(matrix.values)  # a column that never varies is never looked at
        values[:, kept] = matrix.values[:, kept]
        matrix = replace(matrix, values=values)
    if targets.teacher is None:
        return matrix
    said: Floats = np.load(targets.teacher, mmap_mode="r", allow_pickle=False)[rows]
    known = np.asarray(np.isfinite(said).all(axis=1), dtype=np.bool_)
    if task.kind == "regression":
        mixed = (1.0 - SHARE) * matrix.y + SHARE * said[:, 0]
        return replace(matrix, y=np.where(known, mixed, matrix.y))
    return _copies(matrix, _shares(matrix.y, said, known))


def _shares(y: Floats, said: Floats, known: NDArray[np.bool_]) -> Floats:
    """The share of each class in each row [n, classes]."""
    each = np.column_stack((1.0 - said, said)) if said.shape[1] == 1 else said
    labels = np.eye(each.shape[1])[y.astype(np.int64)]
    mixed = np.where(known[:, None], (1.0 - SHARE) * labels + SHARE * np.where(known[:, None], each, 0.0), labels)
    mixed = np.where(mixed < LEAST, 0.0, mixed)
    return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))


def _copies(matrix: Matrix, shares: Floats) -> Matrix:
    """Each row once for each of its classes, weighted by its share: any learner of labels can learn it."""
    rows, label = np.nonzero(shares)
    weight = shares[rows, label] * (1.0 if matrix.weight is None else matrix.weight[rows])
    return replace(matrix, values=matrix.values[rows], y=label.astype(np.float64), weight=weight)
