"""Gradient boosting by CatBoost with categories of its own: statistics of levels and of their combinations."""

from __future__ import annotations

from automl.learners._catboost import Inputs, boost
from automl.learners.base import Learner, Matrix, Model, Params, Range, Space
from automl.learners.catboost import FEW_CLASSES, RANGES, USUAL
from automl.task import Task

NAME = "catboost_categories"
PAIRS: Params = {  # a few levels are questions of trees; one prior and no counters halve the time and the tables
    "learning_rate": 0.12,  # this and half of the columns make it twice as fast, for a thousandth of AUC on clicks
    "rsm": 0.5,
    "max_ctr_complexity": 2,
    "one_hot_max_size": 10,
    "simple_ctr": "Borders:Prior=0.5",
    "combinations_ctr": "Borders:Prior=0.5",
}


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Boost on numbers and on categories, whose statistics CatBoost makes itself, so that ours are left out."""
    categories = [j for j, feature in enumerate(train.features) if feature.kind in {"code", "level"}]
    inputs = Inputs(
        columns=len(train.features),
        numbers=tuple(j for j, feature in enumerate(train.features) if feature.kind == "number"),
        categories=tuple(categories),
        levels=tuple(train.features[j].levels for j in categories),
    )
    return boost(NAME, train, valid, task, params, inputs, seed=seed, seconds=seconds)


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """By measurement (docs/decisions/0018): pairs with one prior, then single levels with all that CatBoost counts."""
    del rows
    if task.classes > FEW_CLASSES:
        return ()
    return {**USUAL, **PAIRS}, {**USUAL, "max_ctr_complexity": 1}


def _space(task: Task, rows: int) -> Space:
    del rows
    if task.classes > FEW_CLASSES:
        return {}
    return {
        **RANGES,
        "max_ctr_complexity": Range(low=1, high=2, whole=True),
        "one_hot_max_size": Range(low=2, high=50, log=True, whole=True),
    }


CATBOOST_CATEGORIES = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    monotone=True,
    categories=True,
    levels=True,
    cost=6.0,
    order=2,
    package="catboost",
    preload=("catboost",),
)
