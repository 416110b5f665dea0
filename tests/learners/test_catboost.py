"""CatBoost's own corners."""

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Matrix
from automl.learners.catboost import CATBOOST
from automl.ops.bulk import evaluate
from automl.task import Task

PARAMS = {"learning_rate": 0.3, "depth": 5, "rounds": 4}
FEATURES = tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(4))
THREE = Task(kind="multiclass", classes=3)


def matrix(y, seed=0, rows=500):
    rng = np.random.default_rng(seed)
    return Matrix(values=rng.normal(size=(rows, 4)), features=FEATURES, y=np.asarray(y(rng, rows), dtype=np.float64))


def raw(model, values):
    return evaluate({"raw": model.member().raw}, {}, features=values)["raw"]


def test_each_leaf_of_a_symmetric_tree_is_its_own():
    """The bits of a leaf's number are CatBoost's: 32 leaves, asked in another order, give the same sums."""
    train = matrix(lambda rng, rows: rng.normal(size=rows))
    model = CATBOOST.fit(train, None, Task(kind="regression"), PARAMS, seed=0, seconds=60.0)
    assert len(model.member().raw.ensemble.feature) == 4 * 31
    assert np.abs(raw(model, train.values) - model.raw(train.values)).max() <= 1e-12


def test_a_class_that_train_lacks_stays_unlikely_and_finite():
    """CatBoost knows only the classes it saw; the third keeps a small share, its validation rows are passed over."""
    train = matrix(lambda rng, rows: rng.choice([0, 2], size=rows))
    valid = matrix(lambda rng, rows: rng.choice(3, size=rows), seed=1)
    model = CATBOOST.fit(train, valid, THREE, PARAMS, seed=0, seconds=60.0)
    scores = raw(model, valid.values)
    assert np.abs(scores - model.raw(valid.values)).max() <= 1e-12
    assert (scores.argmin(axis=1) == 1).all()


def test_without_validation_rows_of_known_classes_the_rounds_are_the_callers():
    """Where all validation rows are of an unknown class, there is nothing to stop on."""
    train = matrix(lambda rng, rows: rng.choice([0, 2], size=rows))
    valid = matrix(lambda _, rows: np.ones(rows), seed=1)
    assert CATBOOST.fit(train, valid, THREE, PARAMS, seed=0, seconds=60.0).rounds == 4


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_missing_counts_as_the_smallest(gaps):
    """NaN falls below every border, whether train had it or not."""
    train = matrix(lambda rng, rows: rng.integers(0, 2, size=rows))
    train.values[np.random.default_rng(2).random(train.values.shape) < gaps] = np.nan
    model = CATBOOST.fit(train, None, Task(kind="binary", classes=2), PARAMS, seed=0, seconds=60.0)
    assert np.array_equal(model.raw(np.full((1, 4), np.nan)), model.raw(np.full((1, 4), -1e300)))
    assert raw(model, np.full((1, 4), np.nan)) == pytest.approx(model.raw(np.full((1, 4), np.nan)), abs=1e-12)
