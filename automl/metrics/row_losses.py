"""The proper loss of each row by itself, for what is compared row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.task import Kind

Floats = NDArray[np.float64]
TINY = 1e-15


def row_losses(prediction: Floats, y: Floats, kind: Kind) -> Floats:
    """The log loss of each row, of a number its squared error [n]; `prediction` [n, width] are probabilities.

    >>> row_losses(np.array([[3.0]]), np.array([1.0]), "regression")
    array([4.])
    """
    if kind == "regression":
        return np.asarray((prediction[:, 0] - y) ** 2)
    each = np.hstack([1 - prediction, prediction]) if prediction.shape[1] == 1 else prediction
    return np.asarray(-np.log(np.maximum(each[np.arange(y.size), y.astype(np.int64)], TINY)))


def logistic(score: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The log loss of log odds and of zeros and ones, of any one shape, and its slope in the score.

    By one exponential of what is never positive: no score is too large, and it takes a third of `np.logaddexp`.

    >>> logistic(np.array([0.0, 1000.0]), np.array([1.0, 0.0]))
    (array([6.93147181e-01, 1.00000000e+03]), array([-0.5,  1. ]))
    """
    power = np.exp(-np.abs(score))
    loss = np.maximum(score, 0.0) + np.log1p(power) - y * score
    return loss, np.where(score >= 0.0, 1.0, power) / (1.0 + power) - y
