"""New weights of a linear model, or of the last layer of a net: the change of least loss under a ridge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.retrain.refresh.losses import Loss

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEEP = np.inf
PRIORS = (KEEP, 10_000.0, 1_000.0, 100.0, 10.0)
"""How many rows the old weights stand for; with infinitely many they stay."""
STEPS = 50  # of L-BFGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What is multiplied by the weights: `dense` [n, d] and a scipy CSR `sparse` [n, levels], an intercept last."""

    dense: Floats
    sparse: Any

    @property
    def columns(self) -> int:
        """All columns, the intercept included."""
        return int(self.dense.shape[1] + self.sparse.shape[1] + 1)

    def product(self, change: Floats, rows: Ints) -> Floats:
        """The rows times `change` [columns, width]."""
        first, last = self.dense.shape[1], self.columns - 1
        product: Floats = self.dense[rows] @ change[:first] + self.sparse[rows] @ change[first:last] + change[last]
        return product

    def learn(self, start: Floats, y: Floats, weight: Floats, rows: Ints, loss: Loss, prior: float) -> Floats:
        """What is added to the weights [columns, width], learned from `rows` alone.

        The weighted sum of losses at `start` [n, width] + product, plus half of `prior` rows' curvature times the
        squared change, each in the unit of its column where that is not 0. The intercept is not held.
        """
        from scipy.optimize import minimize

        width = start.shape[1]
        if np.isinf(prior):
            return np.zeros((self.columns, width))
        dense, sparse, own, w = self.dense[rows], self.sparse[rows], start[rows], weight[rows]
        flipped = sparse.T.tocsr()
        ends = [dense.shape[1], dense.shape[1] + sparse.shape[1]]
        curve = float(np.average(loss(own, y[rows])[2].mean(axis=1), weights=w))
        size = np.concatenate([_size(dense), np.ones(sparse.shape[1])])
        ridge = np.append(prior * curve * size, 0.0)[:, None]
        often = np.concatenate([(dense**2).T @ w, flipped @ w, [w.sum()]])
        scale = 1.0 / np.sqrt(often * curve + ridge[:, 0] + curve)[:, None]

        def objective(flat: Floats) -> tuple[float, Floats]:
            change = flat.reshape(-1, width) * scale
            first, second, last = np.split(change, ends)
            each, slope, _ = loss(own + dense @ first + sparse @ second + last, y[rows])
            slope = slope * w[:, None]
            held = ridge * change
            gradient = np.vstack([dense.T @ slope, flipped @ slope, slope.sum(axis=0)]) + held
            return float(w @ each) + 0.5 * float((held * change).sum()), (gradient * scale).ravel()

        found = minimize(
            objective, np.zeros(self.columns * width), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
        )
        return np.asarray(found.x.reshape(-1, width) * scale)


def _size(dense: Floats) -> Floats:
    """The mean square of each column [d] where it is not 0."""
    there = np.maximum(np.count_nonzero(dense, axis=0), 1)
    return np.asarray((dense**2).sum(axis=0) / there)
