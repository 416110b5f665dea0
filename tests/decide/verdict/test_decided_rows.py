"""Rows are pooled with their weights and groups, and drawn again as whole groups."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import Bootstrap
from automl.decide.verdict.decided_rows import REPEATS, DecidedRows, pooled, rows_out_of_fold
from automl.task import Task

COSTS = CostMatrix(
    actions=("no", "yes"), matrix=np.array([[0.0, 1.0], [5.0, 0.0]]), cells=BINARY_CELLS, currency="", given=True
)
BINARY = Task(kind="binary", classes=2)
POLICY = LabelPolicy(costs=COSTS)


def rows(n: int, **more) -> DecidedRows:
    return DecidedRows(decisions=np.zeros(n, dtype=np.int64), y=np.arange(n) % 2.0, **more)


def test_pooled_parts_each_weigh_one_on_average():
    """Weights of train and test may have different scales."""
    both = pooled(rows(2, weight=np.array([10.0, 30.0])), rows(3))
    assert both.weight.tolist() == [0.5, 1.5, 1.0, 1.0, 1.0]
    assert (both.n, both.p, both.group) == (5, None, None)


def test_a_group_is_the_same_in_both_parts_and_loose_rows_stand_alone():
    """A customer of test who was in train is one customer."""
    assert pooled(rows(2, group=np.array([4, 5])), rows(2, group=np.array([5, 6]))).group.tolist() == [4, 5, 5, 6]
    assert pooled(rows(2), rows(2, group=np.array([5, 6]))).group.tolist() == [7, 8, 5, 6]


def test_out_of_fold_evidence_leaves_out_what_no_fold_predicted():
    """The rows with NaN go, with their weights and groups."""
    p = np.array([[0.1], [np.nan], [0.9], [0.2]] * 20)
    train = Rows(
        frame=pl.DataFrame({"x": np.zeros(80)}),
        raw=pl.DataFrame({"x": np.zeros(80)}),
        y=np.array([0.0, 1.0, 1.0, 0.0] * 20),
        weight=np.arange(80.0),
        group=np.arange(80),
    )
    found = rows_out_of_fold(OutOfFold.of(p, train, BINARY, seed=1), POLICY)
    assert (found.n, found.repeats) == (60, REPEATS)
    assert 1 not in found.group
    assert found.weight[:60].tolist() == [float(row) for row in range(80) if row % 4 != 1]
    assert found.decisions.tolist() == [0, 1, 0] * 20 * REPEATS
    assert rows_out_of_fold(OutOfFold.of(p * np.nan, train, BINARY, seed=1), POLICY) is None


def test_a_repeated_row_counts_once():
    """Beside the test rows its repeats weigh as much as one row, and every draw takes all of them or none."""
    train = Rows(
        frame=pl.DataFrame({"x": np.zeros(300)}),
        raw=pl.DataFrame({"x": np.zeros(300)}),
        y=(np.random.default_rng(1).random(300) < 0.3).astype(np.float64),
    )
    found = rows_out_of_fold(OutOfFold.of(np.random.default_rng(2).random((300, 1)), train, BINARY, seed=1), POLICY)
    assert len(np.unique(found.p.reshape(REPEATS, 300), axis=0)) == REPEATS
    both = pooled(rows(100), found)
    assert both.weight.sum() == pytest.approx(400)
    assert np.bincount(both.group).tolist() == [REPEATS] * 300 + [1] * 100
    drawn = Bootstrap.over(both.y.size, both.group, seed=1)
    assert drawn.counts.shape[1] == 400


def test_many_rows_are_calibrated_once(monkeypatch):
    """Their folds have no luck to take out, and the curves take time."""
    monkeypatch.setattr("automl.decide.verdict.decided_rows.REPEATED_ROWS", 100)
    train = Rows(frame=pl.DataFrame({"x": np.zeros(90)}), raw=pl.DataFrame({"x": np.zeros(90)}), y=np.arange(90) % 2.0)
    found = rows_out_of_fold(OutOfFold.of(np.full((90, 1), 0.4), train, BINARY, seed=1), POLICY)
    assert (found.n, found.repeats, found.group) == (90, 1, None)
