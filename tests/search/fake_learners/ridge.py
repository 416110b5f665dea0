"""A real learner in a few lines: least squares, shrunk by `l2`; its raw score is stretched for binary problems."""

from __future__ import annotations

import dataclasses

import numpy as np
from fake_learners.mean import Linear
from fake_learners.mean import fit as fit_mean

from automl.learners.base import Learner, Matrix, Params, Range
from automl.task import Task


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Linear:
    x, y = np.nan_to_num(train.values), train.y
    center = x.mean(axis=0)
    gram = (x - center).T @ (x - center) + float(params["l2"]) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, (x - center).T @ (y - y.mean()))[:, None]
    stretch = 4.0 if task.kind == "binary" else 1.0
    base = fit_mean(train, valid, task, {}, seed=seed, seconds=seconds)
    offset = base.offset - float(center @ weights[:, 0]) * stretch
    rounds = 7 if valid is not None else int(params["rounds"])
    return dataclasses.replace(
        base, learner="ridge", params=params, weights=stretch * weights, offset=offset, rounds=rounds
    )


RIDGE = Learner(
    name="ridge",
    kinds=frozenset({"binary", "regression"}),
    portfolio=lambda task, rows: ({"l2": 100.0, "learning_rate": 0.1}, {"l2": 1.0, "learning_rate": 0.1}),
    space=lambda task, rows: {"l2": Range(low=1e-3, high=1e3, log=True)},
    fit=fit,
)
