"""A package of learners in which even the baseline fails."""

import dataclasses

from fake_learners import mean
from fake_learners.mean import Linear

from automl.learners.base import Learner, Matrix, Params
from automl.task import Task


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Linear:
    raise ValueError("nothing to count")


BROKEN: Learner = dataclasses.replace(mean.MEAN, name="broken", fit=fit)
