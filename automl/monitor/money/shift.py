"""How much likelier each old row is now: weights from a classifier of old rows against new ones.

w = π/(1 - π) · n_old/n_new with π the chance that a row is new (Bickel, Brückner and Scheffer 2009, JMLR 10), fitted
without the row's fold. The classifier is a ridge logistic regression over the bins of all columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.features.sparse_linear import fit_linear
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FOLDS = 5
MOST = 20_000  # new rows that are looked at: more do not make the weights surer
RIDGE = 10.0
EDGE = 1e-4  # of the chance that a row is new


def shift_weights(old: Ints, new: Ints, *, seed: int) -> Floats:
    """The weight of each old row [n_old], 1 on average: `old` [n_old, d] and `new` [n_new, d] are codes of bins.

    Codes may be negative, as missing values are.
    """
    from scipy.special import expit

    rng = np.random.default_rng(seed)
    new = new[rng.permutation(len(new))[:MOST]]
    x = _one_hot(np.concatenate((old, new)))
    y = np.repeat((0.0, 1.0), (len(old), len(new)))
    fold = np.concatenate((rng.permutation(len(old)) % FOLDS, rng.permutation(len(new)) % FOLDS))
    weights = np.ones(len(old))
    for number in range(FOLDS):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero((fold == number) & (y == 0))
        slopes, intercept = fit_linear(
            x[inside], y[inside], np.ones(inside.size), Task(kind="binary", classes=2), RIDGE
        )
        chance = np.clip(expit((x[outside] @ slopes + intercept)[:, 0]), EDGE, 1.0 - EDGE)
        weights[outside] = chance / (1.0 - chance)
    return np.asarray(weights / weights.mean())


def _one_hot(codes: Ints) -> Any:
    """A scipy CSR [n, levels] with one 1 for each column of `codes` [n, d]."""
    from scipy.sparse import csr_matrix

    rows, columns = codes.shape
    places, first = np.empty_like(codes), 0
    for column in range(columns):
        levels, place = np.unique(codes[:, column], return_inverse=True)
        places[:, column] = first + place.ravel()
        first += levels.size
    starts = np.arange(0, rows * columns + 1, columns)
    return csr_matrix((np.ones(rows * columns), places.ravel(), starts), shape=(rows, first))
