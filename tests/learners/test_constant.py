"""The constant baseline counts right."""

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Matrix
from automl.learners.constant import CONSTANT, shares
from automl.ops.bulk import evaluate
from automl.task import Task


def matrix(y, weight=None):
    y = np.asarray(y, dtype=np.float64)
    return Matrix(values=np.zeros((len(y), 1)), features=(FeatureInfo(name="x", kind="number"),), y=y, weight=weight)


def prediction(train, task):
    member = CONSTANT.fit(train, None, task, {}, seed=0, seconds=1.0).member()
    return evaluate({"p": member.prediction}, {}, features=np.full((3, 1), np.nan))["p"]


def test_a_share_is_smoothed_by_one_row():
    """Three of four rows positive: (3 + 1/2) / (4 + 1), for each row, whatever its features."""
    got = prediction(matrix([1, 1, 1, 0]), Task(kind="binary", classes=2))
    assert got == pytest.approx(np.full((3, 1), 0.7))


def test_a_class_without_rows_keeps_a_small_share():
    """No class has probability 0, or the log loss of a late comer were infinite."""
    got = prediction(matrix([0, 0, 1]), Task(kind="multiclass", classes=3))
    assert got[0] == pytest.approx([(2 + 1 / 3) / 4, (1 + 1 / 3) / 4, (1 / 3) / 4])


def test_weights_are_relative():
    """Weights ten million times smaller give the same shares."""
    weight = np.asarray([1.0, 2.0, 3.0])
    task = Task(kind="binary", classes=2)
    big, small = (shares(matrix([0, 1, 1], weight=weight * scale), task) for scale in (1.0, 1e-7))
    assert big == pytest.approx(small)


def test_a_number_is_the_weighted_mean():
    """Regression predicts the weighted mean."""
    got = prediction(matrix([1.0, 5.0], weight=np.asarray([3.0, 1.0])), Task(kind="regression"))
    assert got == pytest.approx(np.full((3, 1), 2.0))
