"""What a task tells a learner, and which learners come first."""

from __future__ import annotations

import numpy as np

from automl.learners.base import aimed, learners, modules
from automl.task import Task

REGRESSION, BINARY = Task(kind="regression"), Task(kind="binary", classes=2)


def test_a_task_is_aimed_by_metric_and_target() -> None:
    """The proper score decides what is minimised, the target's shape what is tried; classes need neither."""
    counts, prices = np.asarray([0.0, 2.0, 1.0]), np.asarray([0.5, 2.0, 1.0])
    assert aimed(REGRESSION, counts, "rmse") == Task(kind="regression", shape="counts")
    assert aimed(REGRESSION, prices, "mae") == Task(kind="regression", loss="absolute", shape="positive")
    assert aimed(REGRESSION, counts, "poisson_deviance").loss == "poisson"
    assert aimed(REGRESSION, -prices, "rmse") == REGRESSION
    assert aimed(BINARY, counts, "log_loss") == BINARY


def test_a_candidate_always_stands() -> None:
    """Constant and linear are baselines; the boosters that are worth most come first of the others."""
    baselines = {name for name, learner in learners.all.items() if learner.baseline}
    assert {"constant", "linear"} <= baselines
    others = [name for name in learners.all if name not in baselines]
    assert others.index("lightgbm") < others.index("catboost") < others.index("random_forest")


def test_workers_load_what_is_needed_first() -> None:
    """Each module once: those of baselines, then those of learners in their order."""
    found = modules()
    assert len(set(found)) == len(found)
    assert found.index("scipy.optimize") < found.index("lightgbm") < found.index("catboost") < found.index("xgboost")
