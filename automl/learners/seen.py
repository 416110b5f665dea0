"""What a learner sees of the matrix: wide categories and the places of bags are hidden from those that do not ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from automl.learners.base import FeatureInfo, Floats, Learner, Matrix, Member, Model, Params
from automl.ops.rewrite import widen
from automl.task import Task


def fit_seen(
    learner: Learner, train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float
) -> Model:
    """`learner.fit` on the columns that it asks for; the model is one of the whole matrix."""
    kept = seen(learner, train.features)
    if len(kept) == len(train.features):
        return learner.fit(train, valid, task, params, seed=seed, seconds=seconds)
    parts = _part(train, kept), valid and _part(valid, kept)
    return of_part(learner.fit(*parts, task, params, seed=seed, seconds=seconds), kept, len(train.features))


def seen(learner: Learner, features: Sequence[FeatureInfo]) -> tuple[int, ...]:
    """The columns that the learner asks for."""
    asked = {"level": learner.levels, "token": learner.texts}
    return tuple(j for j, feature in enumerate(features) if asked.get(feature.kind, True))


def of_part(model: Model, kept: tuple[int, ...], columns: int) -> Model:
    """A model of the columns `kept` as one of all `columns`."""
    return model if len(kept) == columns else _OfPart(model=model, kept=kept, columns=columns)


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
