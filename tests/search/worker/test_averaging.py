"""Several fits as one model."""

from __future__ import annotations

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Learner, Matrix
from automl.ops.bulk import evaluate
from automl.registry import Registry
from automl.search.worker.averaging import average
from automl.search.worker.fold_fit import FittedModel
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
LEARNERS = Registry("automl.learners", Learner, "learner")


def fits(name: str, task: Task, count: int) -> tuple[list[FittedModel], Matrix]:
    """Fits of the first configuration with other seeds, for a few rounds."""
    draw = np.random.default_rng(0)
    values = draw.normal(size=(200, 3))
    values[::7, 1] = np.nan
    values[:, 2] = draw.integers(0, 6, size=200)
    signal = values[:, 0] + 2 * (values[:, 2] % 2)
    y = (signal + draw.normal(size=200) > 1).astype(float) if task.kind == "binary" else signal * 10 + 50
    numbers = (FeatureInfo(name="a", kind="number"), FeatureInfo(name="b", kind="number"))
    features = (*numbers, FeatureInfo(name="c", kind="code", levels=7))
    train = Matrix(values=values, features=features, y=y)
    learner = LEARNERS.get(name)
    params = {**learner.portfolio(task, 200)[0], "rounds": 4}
    models = [learner.fit(train, None, task, params, seed=seed, seconds=60.0) for seed in range(count)]
    return [FittedModel(member=model.member(), native=model.raw(values)) for model in models], train


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost", "catboost_categories", "neural_net"])
@pytest.mark.parametrize("task", [BINARY, Task(kind="regression")])
def test_the_mean_of_three_is_their_mean(name: str, task: Task) -> None:
    """Raw scores are the mean of the fits' raw scores, in the expression as in the libraries, and stay one member."""
    found, train = fits(name, task, 3)
    mean = average(found)
    native = np.mean([fit.native for fit in found], axis=0)
    assert np.allclose(mean.native, native, rtol=0, atol=1e-12 * np.abs(native).max())
    raw = np.asarray(evaluate({"raw": mean.member.raw}, {}, features=train.values)["raw"])
    assert np.allclose(raw, native, rtol=1e-5, atol=1e-5)
    assert not np.allclose(raw, found[0].native, rtol=1e-4, atol=1e-4)


def test_predictions_follow_the_mean() -> None:
    """The prediction is that of the mean score, a probability."""
    found, train = fits("lightgbm", BINARY, 2)
    mean = average(found).member
    both = evaluate({"raw": mean.raw, "p": mean.prediction}, {}, features=train.values)
    assert np.allclose(np.asarray(both["p"]), 1 / (1 + np.exp(-np.asarray(both["raw"]))))


def test_one_fit_stays_as_it_is() -> None:
    """Nothing is averaged where there is one."""
    found, _ = fits("lightgbm", BINARY, 1)
    assert average(found) is found[0]
