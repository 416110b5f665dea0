"""What a learner sees of the matrix: wide categories and the places of bags are hidden from those that do not ask."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from automl.learners.base import Floats, Learner, Matrix, Member, Model, Params
from automl.ops.rewrite import widen
from automl.task import Task


def fit_seen(
    learner: Learner, train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float
) -> Model:
    """`learner.fit` on the columns that it asks for; the model is one of the whole matrix."""
    asked = {"level": learner.levels, "token": learner.texts}
    kept = tuple(j for j, feature in enumerate(train.features) if asked.get(feature.kind, True))
    if len(kept) == len(train.features):
        return learner.fit(train, valid, task, params, seed=seed, seconds=seconds)
    parts = _part(train, kept), valid and _part(valid, kept)
    model = learner.fit(*parts, task, params, seed=seed, seconds=seconds)
    return _OfPart(model=model, kept=kept, columns=len(train.features))


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPart:
    """A model of the columns `kept` as one of all `columns`."""

    model: Model
    kept: tuple[int, ...]
    columns: int

    @property
    def rounds(self) -> int | None:
        return self.model.rounds

    def raw(self, values: Floats) -> Floats:
        return self.model.raw(np.ascontiguousarray(values[:, self.kept]))

    def member(self) -> Member:
        own = self.model.member()
        raw, prediction = widen(own.raw, own.prediction, columns=self.columns, keep=self.kept)
        return replace(own, raw=raw, prediction=prediction)


def _part(matrix: Matrix, kept: tuple[int, ...]) -> Matrix:
    values = np.ascontiguousarray(matrix.values[:, kept])
    return replace(matrix, values=values, features=tuple(matrix.features[j] for j in kept))
