"""Forests keep their size, their time, and the classes that they have seen."""

import numpy as np
import pytest

from automl.learners import _forest
from automl.learners.base import FeatureInfo, Matrix
from automl.learners.extra_trees import EXTRA_TREES
from automl.learners.random_forest import RANDOM_FOREST
from automl.ops.bulk import evaluate
from automl.ops.expr import Trees, walk
from automl.task import Task

FEATURES = tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(3))
BOTH = pytest.mark.parametrize("learner", [EXTRA_TREES, RANDOM_FOREST], ids=lambda learner: learner.name)
PARAMS = {"min_samples_leaf": 1, "max_features": 1.0}


def rows(count, classes):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(count, 3))
    return Matrix(values=values, features=FEATURES, y=rng.integers(0, classes, size=count).astype(float))


def grown(learner, train, task, **params):
    return learner.fit(train, None, task, {**PARAMS, **params}, seed=0, seconds=60.0).member()


def trees_of(member):
    return next(expr.ensemble for expr in walk(member.raw) if isinstance(expr, Trees))


@BOTH
@pytest.mark.parametrize("classes", [2, 3])
def test_leaves_are_capped_by_the_size_of_the_graph(learner, classes, monkeypatch):
    """Noise, which would grow a leaf for each row, stays below the bytes a forest may take."""
    monkeypatch.setattr(_forest, "MOST_BYTES", 100_000)
    member = grown(learner, rows(1000, classes), Task(kind="binary" if classes == 2 else "multiclass", classes=classes))
    leaves = len(trees_of(member).leaf_value)
    assert leaves * (_forest.NODE_BYTES + (8 * classes if classes > 2 else 0)) <= 100_000
    assert len(trees_of(member).roots) == _forest.MOST_TREES


@BOTH
@pytest.mark.parametrize("classes", [2, 3])
def test_no_probability_is_zero(learner, classes):
    """A class that no tree expects keeps a crumb of its share, so that one row cannot make a log loss infinite."""
    train = rows(300, classes)
    train = Matrix(values=train.values, features=FEATURES, y=(train.values[:, 0] > 0) + 0.0)
    member = grown(learner, train, Task(kind="binary" if classes == 2 else "multiclass", classes=classes))
    found = evaluate({"p": member.prediction}, {}, features=train.values)["p"]
    assert found.min() > 0.0
    assert found.max() < 1.0
    assert classes == 2 or np.allclose(found.sum(axis=1), 1.0)


@BOTH
def test_several_classes_share_their_trees(learner):
    """A leaf of a multiclass forest is a row of a table: the graph has no tree for each class."""
    member = grown(learner, rows(200, 4), Task(kind="multiclass", classes=4), rounds=7)
    assert len(trees_of(member).roots) == 7


@BOTH
def test_a_tree_of_many_rows_sees_some_of_them(learner, monkeypatch):
    """Beyond the rows that one tree may see, each draws its own."""
    monkeypatch.setattr(_forest, "MOST_ROWS", 50)
    member = grown(learner, rows(400, 2), Task(kind="binary", classes=2), rounds=3)
    assert len(trees_of(member).leaf_value) <= 150
