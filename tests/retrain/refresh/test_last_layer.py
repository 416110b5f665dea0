"""A last layer moves to the ridge around its old weights."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from automl.retrain.refresh.last_layer import KEEP, Layer
from automl.retrain.refresh.losses import squared


def test_it_is_ridge_regression_towards_the_old_weights():
    """With squares the change is the closed form of ridge regression on what the old scores leave."""
    random = np.random.default_rng(0)
    dense, level = random.normal(size=(200, 3)), random.integers(0, 4, 200)
    start, y = random.normal(size=(200, 1)), random.normal(size=200)
    hot = np.eye(4)[level]
    layer = Layer(dense=dense, sparse=sparse.csr_array(hot))
    rows, prior = np.arange(200), 30.0
    found = layer.learn(start, y, np.ones(200), rows, squared, prior)
    x = np.hstack([dense, hot, np.ones((200, 1))])
    ridge = np.diag([*(prior * (dense**2).mean(axis=0)), *[prior] * 4, 0.0])
    expected = np.linalg.solve(x.T @ x + ridge, x.T @ (y[:, None] - start))
    np.testing.assert_allclose(found, expected, atol=2e-4)
    np.testing.assert_allclose(layer.product(found, rows), x @ found, atol=1e-12)
    assert not layer.learn(start, y, np.ones(200), rows, squared, KEEP).any()
