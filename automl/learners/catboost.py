"""Gradient boosting by CatBoost: symmetric trees over numbers, codes of categories being numbers like others."""

from __future__ import annotations

from automl.learners._catboost import Inputs, boost
from automl.learners._target import regression_entries
from automl.learners.base import Choice, Learner, Matrix, Model, Params, Range, Space
from automl.task import Task

NAME = "catboost"
FEW_CLASSES = 4
FEW_ROWS = 10_000
USUAL: Params = {"learning_rate": 0.08, "depth": 6, "l2_leaf_reg": 3.0}
RANGES: Space = {  # those of TabArena, with faster rates
    "learning_rate": Range(low=0.01, high=0.2, log=True),
    "depth": Range(low=4, high=8, whole=True),
    "l2_leaf_reg": Range(low=1e-4, high=5.0, log=True),
    "rsm": Range(low=0.5, high=1.0),
}


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Boost on all columns; `params` as in `boost`."""
    inputs = Inputs(columns=len(train.features), numbers=tuple(range(len(train.features))))
    return boost(NAME, train, valid, task, params, inputs, seed=seed, seconds=seconds)


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0003); nothing for many classes.

    With 9 classes it is ten times slower than XGBoost to the same loss, and each class is a tree of its own
    in the graph.
    """
    if task.classes > FEW_CLASSES:
        return ()
    if task.kind == "regression":
        return regression_entries(task, USUAL)
    slow: Params = {**USUAL, "learning_rate": 0.05, "depth": 4}
    return (slow, USUAL) if rows <= FEW_ROWS else (USUAL, slow)


def _space(task: Task, rows: int) -> Space:
    del rows
    if task.classes > FEW_CLASSES:
        return {}
    return RANGES if task.kind != "regression" else {**RANGES, "target": Choice(options=("plain", "log"))}


CATBOOST = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    monotone=True,
    cost=3.0,
    order=2,
    package="catboost",
    preload=("catboost",),
)
