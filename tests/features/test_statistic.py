"""The target on each level: shrunk, weighted, out of fold, and one for each class but the first."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Fold
from automl.features.shrinkage import shrunk_means, strength
from automl.features.statistic import MOST_CLASSES, QUANTILES, distributions, statistics
from automl.task import Task

LEVEL = np.array([0, 0, 0, 1, 1, 1])
Y = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0]
FRAME = pl.DataFrame({"row": range(6)})


def test_a_level_is_shrunk_to_the_mean_of_all(make_sample, halves):
    """As far as the levels differ, and by hand: both are moved to a half alike; an empty level has the half itself."""
    (found,) = statistics(LEVEL, 3, make_sample(FRAME, Y, folds=halves(6)))
    belief = strength(LEVEL, 3, np.array(Y), np.ones(6))
    assert found.name == "share of positives"
    assert found.by_level == pytest.approx([(2 + belief / 2) / (3 + belief), (1 + belief / 2) / (3 + belief), 0.5])


def test_a_row_sees_the_other_folds_only(make_sample, halves):
    """Rows 0, 2, 4 are told by rows 1, 3, 5, of which level 0 has one and says nothing, and the other way round."""
    (found,) = statistics(LEVEL, 2, make_sample(FRAME, Y, folds=halves(6)))
    odd, even = np.arange(1, 6, 2), np.arange(0, 6, 2)
    of_odd, of_even = (shrunk_means(LEVEL[rows], 2, np.array(Y)[rows], np.ones(3)).means for rows in (odd, even))
    assert of_odd[0] == pytest.approx(2 / 3)
    assert of_even[1] == pytest.approx(1 / 3)
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
    task, y = Task(kind="regression"), [10.0, 20.0, 30.0, -10.0, -20.0, -30.0]
    (found,) = statistics(LEVEL, 2, make_sample(FRAME, y, task=task, folds=halves(6)))
    belief = strength(LEVEL, 2, np.array(y), np.ones(6))
    assert found.name == "mean of target"
    assert found.by_level == pytest.approx([60 / (3 + belief), -60 / (3 + belief)])


@pytest.mark.parametrize(("classes", "columns"), [(3, 2), (MOST_CLASSES, MOST_CLASSES - 1)])
def test_each_class_but_the_first_has_its_share(make_sample, halves, classes, columns):
    """The shares of all classes sum to 1, so that the first one's need not stand."""
    task = Task(kind="multiclass", classes=classes)
    found = list(statistics(LEVEL, 2, make_sample(FRAME, [0, 1, 2, 2, 1, 1], task=task, folds=halves(6))))
    assert [one.name for one in found] == [f"share of class {code}" for code in range(1, columns + 1)]
    assert found[1].by_level == pytest.approx([1 / 3] * 2)


def test_many_classes_have_directions_between_them(make_sample, halves):
    """Of 30 classes in two camps the first direction parts the levels by camp; a row sees the other folds only."""
    rng = np.random.default_rng(0)
    level = rng.integers(0, 8, 4_000)
    y = rng.integers(0, 15, 4_000) + 15 * (rng.random(4_000) < np.where(level < 4, 0.2, 0.8))
    sample = make_sample(
        pl.DataFrame({"row": range(4_000)}), y, task=Task(kind="multiclass", classes=30), folds=halves(4_000)
    )
    found = list(statistics(level, 8, sample))
    assert [one.name for one in found] == [f"direction {k} of classes" for k in range(1, MOST_CLASSES)]
    camp = np.sign(found[0].by_level)
    assert len(set(camp[:4])) == len(set(camp[4:])) == 1
    assert camp[0] != camp[7]
    assert not np.allclose(found[0].out_of_fold, found[0].by_level[level])
    assert np.corrcoef(found[0].out_of_fold, found[0].by_level[level])[0, 1] > 0.9


def test_a_number_has_its_spread_beside_its_mean(make_sample, halves):
    """Two levels of one mean: the wide one has more rows above the upper quantile, and is further from the median."""
    rng = np.random.default_rng(1)
    level = np.repeat([0, 1], 2_000)
    y = rng.normal(size=4_000) * np.where(level == 0, 1.0, 5.0)
    frame = pl.DataFrame({"row": range(4_000)})
    found = {
        one.name: one
        for one in distributions(level, 2, make_sample(frame, y, task=Task(kind="regression"), folds=halves(4_000)))
    }
    assert len(found) == 1 + len(QUANTILES)
    narrow, wide = found["distance from the median"].by_level
    assert wide > 3 * narrow
    for name, middle in (("share above the 90% quantile", 0.1), ("share above the 50% quantile", 0.5)):
        there = found[name].by_level
        assert there.mean() == pytest.approx(middle, abs=0.01)
        assert there[1] > there[0] + 0.1 or middle == 0.5
    assert list(distributions(level, 2, make_sample(frame, y, task=Task(kind="regression")))) == []


def test_only_the_ratio_of_weights_matters(make_sample, halves):
    """Weights in dollars and in cents give the same; a row of twice the weight counts as two."""
    weight = np.array([1.0, 1.0, 2.0, 1.0, 1.0, 2.0])
    one, hundred = (
        next(statistics(LEVEL, 2, make_sample(FRAME, Y, folds=halves(6), weight=scale * weight))) for scale in (1, 100)
    )
    assert one.by_level == pytest.approx(hundred.by_level)
    assert one.out_of_fold == pytest.approx(hundred.out_of_fold)
    assert one.by_level == pytest.approx([0.5, 0.5])
