"""The linear model over terms agrees with scikit-learn's, and directions with numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from automl.features import sparse_linear
from automl.features.sparse_linear import directions, fit_linear
from automl.task import Task

RNG = np.random.default_rng(0)
X = sparse.random(400, 30, density=0.2, format="csr", random_state=1)
SIGNAL = np.asarray(X @ RNG.normal(size=30) * 4 + RNG.normal(size=400) * 0.3)


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """To the end, where the engine stops early."""
    monkeypatch.setattr(sparse_linear, "STEPS", 2_000)
    monkeypatch.setattr(sparse_linear, "SLACK", 1e-14)


def test_binary_is_logistic_regression():
    """Weights and intercept are those of L2-penalised logistic regression with C = 1."""
    y = (SIGNAL > 0).astype(float)
    weight = np.where(np.arange(400) % 2, 1.5, 0.5)
    weights, intercept = fit_linear(X, y, weight, Task(kind="binary", classes=2))
    expected = LogisticRegression(C=1.0, tol=1e-10, max_iter=5_000).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(weights[:, 0], expected.coef_[0], atol=1e-4)
    np.testing.assert_allclose(intercept, expected.intercept_, atol=1e-4)


def test_multiclass_is_softmax_regression():
    """Probabilities are those of multinomial logistic regression."""
    y = np.digitize(SIGNAL, np.quantile(SIGNAL, [0.3, 0.6])).astype(float)
    weights, intercept = fit_linear(X, y, np.ones(400), Task(kind="multiclass", classes=3))
    expected = LogisticRegression(C=1.0, tol=1e-10, max_iter=5_000).fit(X, y)
    scores = X @ weights + intercept
    found = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected.predict_proba(X), atol=1e-4)


def test_regression_is_ridge_in_standard_deviations():
    """Scores are those of ridge on the standardised target, whatever its units."""
    y = 1e9 + 1e6 * SIGNAL
    weights, intercept = fit_linear(X, y, np.ones(400), Task(kind="regression"))
    expected = Ridge(alpha=1.0).fit(X, (y - y.mean()) / y.std())
    np.testing.assert_allclose(X @ weights[:, 0] + intercept, expected.predict(X), atol=1e-4)


def test_directions_are_the_first_singular_vectors():
    """The directions are those of the full decomposition, and their signs are always the same."""
    x = sparse.csr_matrix(RNG.normal(size=(200, 3)) * [9.0, 5.0, 2.0] @ RNG.normal(size=(3, 40)))
    found = directions(x, 3, seed=0)
    _, _, expected = np.linalg.svd(x.toarray(), full_matrices=False)
    assert np.abs(np.sum(found * expected[:3].T, axis=0)) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_array_equal(found, directions(x, 3, seed=0))
    assert directions(x[:2], 8, seed=0).shape == (40, 2)
