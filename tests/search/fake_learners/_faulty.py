"""How a learner that misbehaves is made."""

from __future__ import annotations

from collections.abc import Callable

from fake_learners.mean import Linear

from automl.learners.base import Learner, Matrix, Params
from automl.task import Task


def faulty(name: str, misbehave: Callable[[], None]) -> Learner:
    def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Linear:
        misbehave()
        raise AssertionError("it should not come to this")

    return Learner(
        name=name,
        kinds=frozenset({"binary", "regression"}),
        portfolio=lambda task, rows: ({"learning_rate": 0.1},),
        space=lambda task, rows: {},
        fit=fit,
    )
