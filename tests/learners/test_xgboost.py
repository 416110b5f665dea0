"""XGBoost's own corners."""

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Matrix
from automl.learners.xgboost import XGBOOST
from automl.ops.bulk import evaluate
from automl.task import Task

PARAMS = {"learning_rate": 0.3, "max_depth": 2, "rounds": 3}
FEATURES = (FeatureInfo(name="x", kind="number"),)


def fitted(column, y, task):
    train = Matrix(values=np.asarray(column, dtype=np.float64)[:, None], features=FEATURES, y=y)
    return XGBOOST.fit(train, None, task, PARAMS, seed=0, seconds=60.0)


def raw(model, column):
    return evaluate({"raw": model.member().raw}, {}, features=np.asarray(column, dtype=np.float64)[:, None])["raw"]


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_the_base_score_is_a_margin(share):
    """XGBoost writes the base score of a rare class as a probability; the export starts at its log odds."""
    rng = np.random.default_rng(0)
    y = (rng.random(1000) < share).astype(np.float64)
    model = fitted(rng.normal(size=1000), y, Task(kind="binary", classes=2))
    base = model.member().raw.ensemble.base[0]
    assert base == pytest.approx(np.log(y.mean() / (1 - y.mean())), abs=1e-4)


def test_each_class_has_its_own_base():
    """Several classes: the exported scores equal XGBoost's, whatever base it chose for each."""
    rng = np.random.default_rng(0)
    column, y = rng.normal(size=500), rng.choice(3, p=[0.1, 0.2, 0.7], size=500).astype(np.float64)
    model = fitted(column, y, Task(kind="multiclass", classes=3))
    assert np.abs(raw(model, column) - model.raw(column[:, None])).max() < 1e-5


def test_a_number_at_a_threshold_goes_where_xgboost_sends_it():
    """Features are compared as float32: neighbours in float64 of each threshold fall on XGBoost's side."""
    rng = np.random.default_rng(0)
    column = rng.normal(size=500)
    model = fitted(column, (column > 0.1).astype(np.float64), Task(kind="binary", classes=2))
    edges = model.member().raw.ensemble.threshold
    near = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf), edges + 1e-9])
    assert np.abs(raw(model, near) - model.raw(near[:, None])).max() < 1e-5


def test_a_large_offset_of_the_target_is_no_loss():
    """XGBoost keeps targets as float32, where 1e9 and 1e9 + 1 are one; scaled they are not."""
    column = np.arange(200.0)
    y = 1e9 + (column > 100)
    model = fitted(column, y, Task(kind="regression"))
    assert np.ptp(raw(model, column)) > 0.5


def test_many_rounds_keep_the_digits_of_small_scores():
    """B13: counts from 0 to hundreds, as of rented bikes; a graph must agree with XGBoost near 0, too."""
    rng = np.random.default_rng(0)
    column = rng.normal(size=2_000)
    y = np.abs(180.0 * np.sin(20.0 * column) * (column > 0) + rng.normal(size=2_000))
    train = Matrix(values=column[:, None], features=FEATURES, y=y)
    params = {"learning_rate": 0.05, "max_depth": 6, "rounds": 1_200}
    model = XGBOOST.fit(train, None, Task(kind="regression"), params, seed=0, seconds=120.0)
    ours, theirs = raw(model, column), model.raw(column[:, None])
    assert (np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))).max() < 1e-6
