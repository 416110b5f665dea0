"""What boosters minimise for a target that is a number, and how a logarithm of it comes back."""

from __future__ import annotations

import pytest

from automl.learners.base import learners
from automl.task import Task
from automl.testing.learners import assert_exported, exported, fitted, loss, rows, strange_rows

OBJECTIVES = ("absolute", "poisson", "tweedie", "gamma")
BOOSTERS = ("catboost", "lightgbm", "xgboost")


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", BOOSTERS)
def test_every_objective_of_regression_is_exported_and_learned(name, objective):
    """Whatever a booster minimises, its export is exact, and it beats the constant by a third."""
    task, learner = Task(kind="regression"), learners.get(name)
    train, test = rows(task, 1500), rows(task, 600, seed=5)
    model = fitted(learner, task, train, params={"rounds": 60, "objective": objective})
    assert_exported(learner, model, strange_rows(500))
    got = loss(task, test.y, exported(model.member(), test.values))
    least = loss(task, test.y, exported(fitted(learners.get("constant"), task, train).member(), test.values))
    assert got < 0.67 * least


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", BOOSTERS)
def test_an_objective_stops_early_on_its_own_loss(name, objective):
    """Validation rows are judged by what is minimised; negative targets among them do no harm."""
    task, learner = Task(kind="regression"), learners.get(name)
    train, valid = rows(task, 300), rows(task, 100, seed=5)
    valid.y[0] = 1.0
    model = fitted(learner, task, train, valid, params={"rounds": 2000, "objective": objective, "learning_rate": 0.2})
    assert 1 < model.rounds < 2000


@pytest.mark.parametrize("name", [*BOOSTERS, "extra_trees", "linear", "neural_net", "random_forest"])
def test_the_log_is_smeared_for_squares_alone(name):
    """With target = "log" a squared metric gets the mean, an error of logs or of absolutes what was learned."""
    squares, logs = (Task(kind="regression", loss=minimised) for minimised in ("squared", "log"))
    train = rows(squares, 300)
    first, second = (
        exported(fitted(learners.get(name), task, train, params={"target": "log"}).member(), train.values)["prediction"]
        for task in (squares, logs)
    )
    assert (first > second).all()
