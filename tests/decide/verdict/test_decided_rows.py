"""Rows are pooled with their weights and groups, and drawn again as whole groups."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.costs.cost_matrix import BINARY_CELLS, Costs
from automl.decide.verdict.decided_rows import MOST_UNITS, REPEATS, Bootstrap, Evidence, out_of_fold, pooled
from automl.task import Task

COSTS = Costs(
    actions=("no", "yes"), matrix=np.array([[0.0, 1.0], [5.0, 0.0]]), cells=BINARY_CELLS, currency="", given=True
)


def rows(n: int, **more) -> Evidence:
    return Evidence(decisions=np.zeros(n, dtype=np.int64), y=np.arange(n) % 2.0, **more)


def test_pooled_parts_each_weigh_one_on_average():
    """Weights of train and test may have different scales."""
    both = pooled(rows(2, weight=np.array([10.0, 30.0])), rows(3))
    assert both.weight.tolist() == [0.5, 1.5, 1.0, 1.0, 1.0]
    assert (both.n, both.p, both.group) == (5, None, None)


def test_a_group_is_the_same_in_both_parts_and_loose_rows_stand_alone():
    """A customer of test who was in train is one customer."""
    assert pooled(rows(2, group=np.array([4, 5])), rows(2, group=np.array([5, 6]))).group.tolist() == [4, 5, 5, 6]
    assert pooled(rows(2), rows(2, group=np.array([5, 6]))).group.tolist() == [7, 8, 5, 6]


def test_a_resample_draws_whole_groups():
    """Each group comes as often as it was drawn, and as many groups as there are."""
    drawn = Bootstrap.of(rows(6, group=np.array([9, 9, 2, 2, 2, 7])), seed=1, resamples=50)
    assert drawn.unit.tolist() == [2, 2, 0, 0, 0, 1]
    assert set(drawn.counts.sum(axis=1)) == {3.0}


def test_many_rows_are_joined_into_blocks_with_the_spread_of_single_rows():
    """The standard error of a mean of 50,000 rows is the textbook's."""
    values = np.random.default_rng(0).exponential(size=(50_000, 1))
    drawn = Bootstrap.of(rows(50_000), seed=1)
    means = drawn.means(values, np.ones(50_000))
    assert drawn.counts.shape[1] == MOST_UNITS
    assert means.std() == pytest.approx(values.std() / np.sqrt(50_000), rel=0.1)
    assert means.mean() == pytest.approx(values.mean(), abs=4 * means.std())


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
    found = out_of_fold(p, train, Task(kind="binary", classes=2), COSTS, seed=1)
    assert (found.n, found.repeats) == (60, REPEATS)
    assert 1 not in found.group
    assert found.weight[:60].tolist() == [float(row) for row in range(80) if row % 4 != 1]
    assert found.decisions.tolist() == [0, 1, 0] * 20 * REPEATS
    assert out_of_fold(p * np.nan, train, Task(kind="binary", classes=2), COSTS, seed=1) is None


def test_a_repeated_row_counts_once():
    """Beside the test rows its repeats weigh as much as one row, and every draw takes all of them or none."""
    train = Rows(
        frame=pl.DataFrame({"x": np.zeros(300)}),
        raw=pl.DataFrame({"x": np.zeros(300)}),
        y=(np.random.default_rng(1).random(300) < 0.3).astype(np.float64),
    )
    found = out_of_fold(np.random.default_rng(2).random((300, 1)), train, Task(kind="binary", classes=2), COSTS, seed=1)
    assert len(np.unique(found.p.reshape(REPEATS, 300), axis=0)) == REPEATS
    both = pooled(rows(100), found)
    assert both.weight.sum() == pytest.approx(400)
    assert np.bincount(both.group).tolist() == [REPEATS] * 300 + [1] * 100
    drawn = Bootstrap.of(both, seed=1)
    assert drawn.counts.shape[1] == 400


def test_many_rows_are_calibrated_once(monkeypatch):
    """Their folds have no luck to take out, and the curves take time."""
    monkeypatch.setattr("automl.decide.verdict.decided_rows.REPEATED_ROWS", 100)
    train = Rows(frame=pl.DataFrame({"x": np.zeros(90)}), raw=pl.DataFrame({"x": np.zeros(90)}), y=np.arange(90) % 2.0)
    found = out_of_fold(np.full((90, 1), 0.4), train, Task(kind="binary", classes=2), COSTS, seed=1)
    assert (found.n, found.repeats, found.group) == (90, 1, None)
