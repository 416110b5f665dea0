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
