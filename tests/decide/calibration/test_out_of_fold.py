"""What is calibrated out of fold is calibrated once, and by the same rows as ever."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.data.rows import Rows
from automl.decide.calibration import out_of_fold
from automl.decide.calibration.calibrate import cross_fit
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.task import Task

BINARY = Task(kind="binary", classes=2)


def drawn(n: int = 300) -> tuple[np.ndarray, Rows]:
    """Scores that are no probabilities, every third unknown, and rows with weights."""
    rng = np.random.default_rng(0)
    p = rng.random((n, 1))
    y = (rng.random(n) < p[:, 0] ** 2).astype(np.float64)
    p[::3] = np.nan
    frame = pl.DataFrame({"x": np.arange(float(n))})
    return p, Rows(frame=frame, raw=frame, y=y, weight=rng.uniform(1, 2, n))


def test_rows_that_no_fold_predicted_are_left_out():
    """With all that belongs to them; where there are none, the rows are those of train."""
    p, train = drawn()
    oof = OutOfFold.of(p, train, BINARY, seed=1)
    assert oof.rows.n == len(oof.prediction) == 200
    assert oof.rows.frame["x"].to_list()[:3] == [1.0, 2.0, 4.0]
    assert oof.rows.weight[0] == train.weight[1]
    assert OutOfFold.of(np.nan_to_num(p), train, BINARY, seed=1).rows is train


def test_each_row_is_calibrated_without_its_fold():
    """By `cross_fit` with the weights and the seed; other repeats have other folds."""
    p, train = drawn()
    oof = OutOfFold.of(p, train, BINARY, seed=1)
    rows = oof.rows
    assert np.array_equal(oof.calibrated, cross_fit(oof.prediction, rows.y, BINARY, rows.weight, seed=1))
    assert np.array_equal(oof.recalibrated(2), cross_fit(oof.prediction, rows.y, BINARY, rows.weight, seed=3))
    assert not np.array_equal(oof.recalibrated(2), oof.calibrated)


def test_what_was_calibrated_once_is_kept(monkeypatch):
    """Prices, bounds and the verdict ask for the same: the curves are fitted one time."""
    seeds = []
    monkeypatch.setattr(out_of_fold, "cross_fit", lambda p, *_, seed: (seeds.append(seed), p)[1])
    oof = OutOfFold.of(*drawn(), BINARY, seed=4)
    assert seeds == []
    assert oof.calibrated is oof.calibrated is oof.recalibrated(0)
    oof.recalibrated(1)
    assert seeds == [4, 5]
