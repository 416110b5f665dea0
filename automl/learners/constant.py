"""The learner that looks at nothing: the weighted share of each class, or the weighted mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.learners._target import Target
from automl.learners.base import Floats, Learner, Matrix, Member, Params, Space
from automl.ops.expr import AsIndex, Features, Pick, Take
from automl.task import Task

NAME = "constant"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantModel:
    """The same raw score for every row; other learners fall back on it where there is nothing to learn."""

    score: Floats  # [width]
    columns: int
    target: Target
    params: Params
    name: str
    rounds: int | None

    def raw(self, values: Floats) -> Floats:
        return np.tile(self.score, (len(values), 1))

    def member(self) -> Member:
        # an index of size 1 is always 0: a table of one row, given to every row of the features
        raw = Take(AsIndex(Pick(Features(self.columns), (0,)), 1), self.score[None, :])
        prediction = self.target.prediction(raw)
        return Member(learner=self.name, params=self.params, raw=raw, prediction=prediction, rounds=self.rounds)


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> ConstantModel:
    """Count. Neither `valid` nor seed and time are needed."""
    del valid, seed, seconds
    return nothing_to_learn(NAME, train, task, params, rounds=None)


def nothing_to_learn(name: str, train: Matrix, task: Task, params: Params, *, rounds: int | None = 0) -> ConstantModel:
    """The constant under the name of a learner that found no column to split or one target only: 0 rounds of it."""
    target = Target.of(train, task, params)
    score = np.asarray([target.center]) if task.kind == "regression" else log_odds(shares(train, task), task)
    return ConstantModel(
        score=score, columns=train.values.shape[1], target=target, params=params, name=name, rounds=rounds
    )


def shares(train: Matrix, task: Task) -> Floats:
    """The weighted share of each class [classes], smoothed by one row spread over all of them (no share is 0)."""
    counts = np.bincount(train.y.astype(np.int64), weights=train.weight, minlength=task.classes)
    rows: Floats = counts * (len(train.y) / counts.sum())
    return (rows + 1.0 / task.classes) / (len(train.y) + 1.0)


def log_odds(share: Floats, task: Task) -> Floats:
    """Raw scores [width] from shares [classes]: of the positive label against the other, or the log of each."""
    return np.log(share[1:] / share[:1]) if task.kind == "binary" else np.log(share)


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    del task, rows
    return ({},)


def _space(task: Task, rows: int) -> Space:
    del task, rows
    return {}


CONSTANT = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    monotone=True,
    cost=0.001,
    baseline=True,
)
