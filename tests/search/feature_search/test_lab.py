"""Where groups of features are tried: which rows, and what counts as a gain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from automl.search.feature_search.lab import Lab
from automl.search.feature_search.probe import Probed
from automl.search.problem import Problem
from automl.search.rundir import RunDir
from automl.spec import Spec

DAY = 86_400e6


@pytest.fixture
def lab_of(rundir: RunDir) -> Callable[..., Lab]:
    def make(problem: Problem, seconds: float = 10.0) -> Lab:
        executor: Any = None  # nothing is probed
        return Lab.of(problem, seconds=seconds, executor=executor, rundir=rundir, memory=10**9, until=None)

    return make


def over_time(problem: Problem, *, judged: int, horizon: float | None = None) -> Problem:
    rows = replace(problem.rows, time=np.arange(problem.rows.n) * DAY)
    return replace(problem, rows=rows, judged=judged, horizon=horizon)


def probed(losses: list[np.ndarray]) -> list[Probed]:
    return [Probed(loss=loss, weight=np.zeros(1), together={}) for loss in losses]


def test_halves_predict_each_other(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], lab_of: Callable[..., Lab]
) -> None:
    """Each row is predicted; where rows are few as often as there is time for, and its losses are averaged."""
    lab = lab_of(make_problem(make_spec(trials=1)))
    assert len(lab.folds) == 6
    for fold, other in zip(lab.folds[::2], lab.folds[1::2], strict=True):
        np.testing.assert_array_equal(fold.fit, other.valid)
        assert len(fold.fit) + len(fold.valid) == lab.rows.n
        for label in (0.0, 1.0):
            half = np.isin(np.flatnonzero(lab.rows.y == label), fold.valid)
            assert half.mean() == pytest.approx(0.5, abs=0.1)
    lost = lab.losses(probed([np.full(len(fold.valid), float(k)) for k, fold in enumerate(lab.folds)]))
    assert lost.mean() == pytest.approx(2.5)
    once = lab_of(make_problem(make_spec(trials=1)), seconds=1e-9)
    assert len(once.folds) == 2


def test_the_only_row_of_its_class_is_learned_from(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], lab_of: Callable[..., Lab]
) -> None:
    """It cannot be predicted by what has never seen the class."""
    problem = make_problem(make_spec(trials=1))
    y = np.r_[1.0, np.zeros(problem.rows.n - 1)]
    lab = lab_of(replace(problem, rows=replace(problem.rows, y=y)))
    assert all(0 in fold.fit and 0 not in fold.valid for fold in lab.folds)


@pytest.mark.parametrize(("judged", "windows"), [(120, 2), (72, 2), (48, 3), (5, 3)])
def test_windows_are_as_long_as_the_test_part(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    lab_of: Callable[..., Lab],
    judged: int,
    windows: int,
) -> None:
    """What helps for the next days only is no help where months are to be predicted; the last window comes first."""
    lab = lab_of(over_time(make_problem(make_spec(trials=1)), judged=judged, horizon=5 * 86_400.0), seconds=1e-9)
    assert len(lab.folds) == windows
    assert lab.folds[0].valid.max() == lab.rows.n - 1
    for fold in lab.folds:
        assert fold.fit.max() == fold.valid.min() - 5  # targets of the last days are not known yet


def test_few_rows_of_a_window_are_probed_again(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], lab_of: Callable[..., Lab]
) -> None:
    """There is no other way to part them; other seeds take out the luck of one, and the losses are averaged."""
    lab = lab_of(over_time(make_problem(make_spec(trials=1)), judged=72))
    assert (len(lab.folds), lab.again) == (2, 3)
    lost = lab.losses(probed([np.full(len(fold.valid), float(k)) for k in range(3) for fold in lab.folds]))
    predicted = np.concatenate([fold.valid for fold in lab.folds])
    np.testing.assert_array_equal(lost[predicted], 1.0)
    assert np.isnan(lost).sum() == lab.rows.n - len(predicted)


def test_a_gain_has_to_show_in_every_window(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], lab_of: Callable[..., Lab]
) -> None:
    """A large gain in one window is the luck of its weather."""
    lab = lab_of(over_time(make_problem(make_spec(trials=1)), judged=72), seconds=1e-9)
    draw = np.random.default_rng(0)
    before = [np.ones(len(fold.valid)) + 0.1 * draw.normal(size=len(fold.valid)) for fold in lab.folds]

    def gain(*saved: float) -> tuple[float, float]:
        after = [lost - share - 0.1 * draw.normal(size=len(lost)) for lost, share in zip(before, saved, strict=True)]
        return lab.gain(lab.losses(probed(before)), lab.losses(probed(after)))

    share, errors = gain(0.5, 0.0)
    assert share == pytest.approx(0.25, abs=0.05)
    assert errors < 2.0
    share, errors = gain(0.5, 0.5)
    assert share == pytest.approx(0.5, abs=0.05)
    assert errors > 10.0


def test_weighted_rows_count_by_their_weight(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], lab_of: Callable[..., Lab]
) -> None:
    """What is saved on rows of weight 2 counts twice."""
    lab = lab_of(make_problem(make_spec(trials=1), weighted=True), seconds=1e-9)
    assert lab.rows.weight is not None
    heavy = lab.rows.weight == 2.0
    before = np.ones(lab.rows.n)
    share, _ = lab.gain(before, np.where(heavy, 0.5, 1.0))
    assert share == pytest.approx(0.5 * 2 * heavy.sum() / (2 * heavy.sum() + (~heavy).sum()))
