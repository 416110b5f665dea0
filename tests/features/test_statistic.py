"""The target on each level: shrunk, weighted, out of fold, and one for each class but the first."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Fold
from automl.features.statistic import MOST_CLASSES, SMOOTHING, statistics
from automl.task import Task

LEVEL = np.array([0, 0, 0, 1, 1, 1])
Y = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0]
FRAME = pl.DataFrame({"row": range(6)})


def test_a_level_is_shrunk_to_the_mean_of_all(make_sample, halves):
    """By hand: two positives of three, and ten rows' worth of belief in a half; an empty level has the half itself."""
    (found,) = statistics(LEVEL, 3, make_sample(FRAME, Y, folds=halves(6)))
    assert found.name == "share of positives"
    assert SMOOTHING == 10
    assert found.by_level == pytest.approx([7 / 13, 6 / 13, 0.5])


def test_a_row_sees_the_other_folds_only(make_sample, halves):
    """By hand: rows 0, 2, 4 are told by rows 1, 3, 5, of which two are positive, and the other way round."""
    (found,) = statistics(LEVEL, 2, make_sample(FRAME, Y, folds=halves(6)))
    of_odd, of_even = [(1 + 20 / 3) / 11, (1 + 20 / 3) / 12], [(1 + 10 / 3) / 12, (0 + 10 / 3) / 11]
    expected = [of_odd[0], of_even[0], of_odd[0], of_even[1], of_odd[1], of_even[1]]
    assert found.out_of_fold == pytest.approx(expected)


def test_a_row_that_no_fold_predicts_has_the_mean_of_all(make_sample):
    """Rows before the first window of time have no past that could tell of their level."""
    folds = (Fold(fit=np.array([0, 1, 2, 3]), valid=np.array([4, 5])),)
    (found,) = statistics(LEVEL, 2, make_sample(FRAME, Y, folds=folds))
    assert found.out_of_fold[:4].tolist() == [0.5] * 4


def test_a_fold_without_rows_to_learn_from_says_nothing(make_sample):
    """No row to learn from gives 0, not a division by zero."""
    folds = (Fold(fit=np.array([], dtype=np.int64), valid=np.arange(6)),)
    (found,) = statistics(LEVEL, 2, make_sample(FRAME, Y, folds=folds))
    assert found.out_of_fold.tolist() == [0.0] * 6


def test_without_folds_there_is_none(make_sample):
    """What could not be out of fold is not made at all."""
    assert list(statistics(LEVEL, 2, make_sample(FRAME, Y))) == []


def test_numbers_have_their_mean(make_sample, halves):
    """Regression: the mean of the target, shrunk like a share."""
    task = Task(kind="regression")
    (found,) = statistics(LEVEL, 2, make_sample(FRAME, [10, 20, 30, -10, -20, -30], task=task, folds=halves(6)))
    assert found.name == "mean of target"
    assert found.by_level == pytest.approx([60 / 13, -60 / 13])


@pytest.mark.parametrize(("classes", "columns"), [(3, 2), (MOST_CLASSES, MOST_CLASSES - 1), (MOST_CLASSES + 1, 0)])
def test_each_class_but_the_first_has_its_share(make_sample, halves, classes, columns):
    """The shares of all classes sum to 1, so that the first one's need not stand; too many classes have none."""
    task = Task(kind="multiclass", classes=classes)
    found = list(statistics(LEVEL, 2, make_sample(FRAME, [0, 1, 2, 2, 1, 1], task=task, folds=halves(6))))
    assert [one.name for one in found] == [f"share of class {code}" for code in range(1, columns + 1)]
    if columns:
        assert found[1].by_level == pytest.approx([(1 + 10 / 3) / 13] * 2)


def test_only_the_ratio_of_weights_matters(make_sample, halves):
    """Weights in dollars and in cents give the same; a row of twice the weight counts as two."""
    weight = np.array([1.0, 1.0, 2.0, 1.0, 1.0, 2.0])
    one, hundred = (
        next(statistics(LEVEL, 2, make_sample(FRAME, Y, folds=halves(6), weight=scale * weight))) for scale in (1, 100)
    )
    assert one.by_level == pytest.approx(hundred.by_level)
    assert one.out_of_fold == pytest.approx(hundred.out_of_fold)
    assert one.by_level == pytest.approx([(2 * 0.75 + 5) / 13, (2 * 0.75 + 5) / 13])
