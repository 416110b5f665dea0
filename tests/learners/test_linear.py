"""The linear baseline solves what it says it solves."""

import numpy as np
import pytest

from automl.learners import linear
from automl.learners.base import FeatureInfo, Matrix
from automl.learners.linear import LINEAR
from automl.task import Task

NUMBERS = tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(3))
CODE = FeatureInfo(name="city", kind="code", levels=4)


def fitted(values, y, features, task, weight=None, **params):
    train = Matrix(values=values, features=features, y=y, weight=weight)
    return LINEAR.fit(train, None, task, {"l2": 1.0, **params}, seed=0, seconds=60.0)


def numbers(rows=400):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, 3)) * [1.0, 100.0, 0.01]
    return values, values @ [1.0, 0.01, 100.0] + rng.normal(size=rows)


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_agrees_with_scikit_learn(classes):
    """On its own design matrix the raw scores are scikit-learn's (C = 1 / l2) up to 0.01."""
    from sklearn.linear_model import LogisticRegression

    values, signal = numbers()
    y = np.searchsorted(np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1]), signal).astype(float)
    model = fitted(values, y, NUMBERS, Task(kind="binary" if classes == 2 else "multiclass", classes=classes))
    other = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(model.design.numbers_of(values), y)
    theirs = other.decision_function(model.design.numbers_of(values)).reshape(len(y), -1)
    ours = model.raw(values)
    if classes == 3:
        ours = ours - ours.mean(axis=1, keepdims=True)
        theirs = theirs - theirs.mean(axis=1, keepdims=True)
    assert np.abs(ours - theirs).max() < 1e-2


def test_ridge_agrees_with_the_normal_equations():
    """Regression minimises squared error + l2 times the squared weights, on the scaled target."""
    values, y = numbers()
    model = fitted(values, y, NUMBERS, Task(kind="regression"), l2=10.0)
    design = model.design.numbers_of(values)
    design, centred = design - design.mean(axis=0), (y - y.mean())
    expected = np.linalg.solve(design.T @ design + 10.0 * np.eye(3), design.T @ centred)
    assert model.weights[:, 0] == pytest.approx(expected, rel=1e-3)


def test_weights_act_like_copies_of_rows():
    """A row of weight 2 counts as two rows."""
    values, y = numbers(100)
    twice = np.arange(100) < 50
    doubled = fitted(
        np.vstack([values, values[twice]]), np.append(y, y[twice]), NUMBERS, Task(kind="regression"), l2=0.0
    )
    weight = np.where(twice, 2.0, 1.0)
    weighted = fitted(values, y, NUMBERS, Task(kind="regression"), weight=weight, l2=0.0)
    # medians and spreads are not weighted, so predictions agree only roughly
    assert np.corrcoef(weighted.raw(values)[:, 0], doubled.raw(values)[:, 0])[0, 1] > 0.999


def test_an_unknown_code_counts_as_rare():
    """D07: a code beyond the levels, broken or missing scores as level 0."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, size=300).astype(float)[:, None]
    model = fitted(codes, codes[:, 0] ** 2, (CODE,), Task(kind="regression"))
    rare = model.raw(np.zeros((1, 1)))
    for odd in (4.0, 1e9, -1.0, 1.5, np.nan):
        assert model.raw(np.asarray([[odd]])) == rare


def test_large_data_is_cut_to_a_part_of_the_rows(monkeypatch):
    """Beyond the work allowed, a random part of the rows is fitted, the same for the same seed."""
    monkeypatch.setattr(linear, "MOST_CELLS", 300)
    values, y = numbers(4000)
    first, second = (fitted(values, y, NUMBERS, Task(kind="regression")) for _ in range(2))
    assert np.array_equal(first.raw(values), second.raw(values))
    monkeypatch.undo()
    assert not np.array_equal(first.design.median, fitted(values, y, NUMBERS, Task(kind="regression")).design.median)
