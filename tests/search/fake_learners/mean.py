"""A baseline: the mean of the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.learners.base import Floats, Learner, Matrix, Member, Params
from automl.ops.expr import Add, Features, MatMul, Sigmoid, constant
from automl.task import Task


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The raw score is linear in the features; binary problems have the logistic link."""

    learner: str
    params: Params
    weights: Floats
    offset: float
    binary: bool
    rounds: int | None = None

    def raw(self, values: Floats) -> Floats:
        return np.asarray(values @ self.weights + self.offset)

    def member(self) -> Member:
        raw = Add(MatMul(Features(len(self.weights)), self.weights), constant(self.offset))
        prediction = Sigmoid(raw) if self.binary else raw
        return Member(learner=self.learner, params=self.params, raw=raw, prediction=prediction, rounds=self.rounds)


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Linear:
    mean = float(np.clip(train.y.mean(), 0.01, 0.99)) if task.kind == "binary" else float(train.y.mean())
    offset = float(np.log(mean / (1 - mean))) if task.kind == "binary" else mean
    return Linear(
        learner="mean",
        params=params,
        weights=np.zeros((train.values.shape[1], 1)),
        offset=offset,
        binary=task.kind == "binary",
    )


MEAN = Learner(
    name="mean",
    kinds=frozenset({"binary", "regression"}),
    portfolio=lambda task, rows: ({},),
    space=lambda task, rows: {},
    fit=fit,
    cost=0.001,
    baseline=True,
)
