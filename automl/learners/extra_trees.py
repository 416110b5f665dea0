"""Extra trees: many trees with random thresholds over all rows (Geurts, Ernst, Wehenkel 2006), by scikit-learn."""

from __future__ import annotations

from automl.learners._forest import FEW_CLASSES, fit_forest, forest_space
from automl.learners.base import Learner, Matrix, Model, Params
from automl.task import Task

NAME = "extra_trees"


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Grow the forest (see `fit_forest`); `valid` is not looked at."""
    del valid
    return fit_forest(NAME, "ExtraTrees", train, task, params, seed=seed, seconds=seconds)


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0003); nothing for many classes."""
    del rows
    if task.classes > FEW_CLASSES:
        return ()
    if task.kind == "regression":
        return ({"min_samples_leaf": 3, "max_features": 1.0},)
    return ({"min_samples_leaf": 10, "max_features": 0.3},)


EXTRA_TREES = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=forest_space,
    fit=fit,
    cost=3.0,
    package="scikit-learn",
    preload=("sklearn.linear_model", "sklearn.ensemble"),
)
