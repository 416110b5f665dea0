"""A learner that says it keeps directions keeps them, even against the rows."""

import dataclasses

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Learner, Matrix, aimed
from automl.ops.bulk import evaluate
from automl.registry import Registry
from automl.task import Task

ROWS = 600
TASKS = {"labels": Task(kind="binary", classes=2), "a number": Task(kind="regression")}
KEEPING = [learner for learner in Registry("automl.learners", Learner, "learner").all.values() if learner.monotone]


def waves(direction: int) -> Matrix:
    """A target that rises and falls with the first number, and rises with the second, which has no direction."""
    draw = np.random.default_rng(0)
    values = draw.uniform(-3.0, 3.0, size=(ROWS, 2))
    values[::17, 0] = np.nan
    y = 5.0 + np.sin(2.0 * np.nan_to_num(values[:, 0])) + 0.2 * values[:, 0] + values[:, 1]
    features = (FeatureInfo(name="x", kind="number", direction=direction), FeatureInfo(name="z", kind="number"))
    return Matrix(values=values, features=features, y=np.nan_to_num(y, nan=5.0))


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("loss", ["rmse", "mae"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("learner", KEEPING, ids=lambda learner: learner.name)
def test_a_direction_is_kept(learner, task, loss, direction):
    """Along a number with a direction predictions never turn, whatever the other numbers and the objective are."""
    train = waves(direction)
    found = TASKS[task]
    if found.kind == "binary":
        if loss == "mae":
            pytest.skip("labels have one loss")
        train = dataclasses.replace(train, y=(train.y > 5.0).astype(np.float64))
    told = aimed(found, train.y, loss)
    sign = -1.0 if direction < 0 else 1.0
    for params in learner.portfolio(told, ROWS)[:3]:
        model = learner.fit(train, None, told, {**params, "rounds": 40}, seed=0, seconds=60.0)
        for other in (-2.0, 0.0, 2.0):
            grid = np.column_stack([np.linspace(-4.0, 4.0, 201), np.full(201, other)])
            prediction = np.asarray(evaluate({"p": model.member().prediction}, {}, features=grid)["p"])[:, 0]
            assert np.all(sign * np.diff(prediction) >= -1e-9 * np.abs(prediction).max())


def test_some_learners_keep_directions():
    """The boosters, the linear model and the constant do."""
    boosters = {"lightgbm", "xgboost", "catboost", "catboost_categories"}
    assert {learner.name for learner in KEEPING} == {*boosters, "linear", "constant"}
