"""The rows that are probed: halves that predict each other, or windows as long as the test part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl.search.feature_search.gain import row_losses
from automl.search.feature_search.probe import Probed
from automl.search.feature_search.probe_rows import draw_rows
from automl.search.problem import Problem
from automl.spec import Spec

DAY = 86_400e6
SECONDS = 10.0


def over_time(problem: Problem, *, judged: int, horizon: float | None = None) -> Problem:
    rows = replace(problem.rows, time=np.arange(problem.rows.n) * DAY)
    return replace(problem, rows=rows, judged=judged, horizon=horizon)


def probed(losses: list[np.ndarray]) -> list[Probed]:
    return [Probed(loss=loss, weight=np.zeros(1), together={}) for loss in losses]


def test_halves_predict_each_other(make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]) -> None:
    """Each row is predicted; where rows are few as often as there is time for, and its losses are averaged."""
    drawn = draw_rows(make_problem(make_spec(trials=1)), SECONDS)
    assert len(drawn.folds) == 6
    for fold, other in zip(drawn.folds[::2], drawn.folds[1::2], strict=True):
        np.testing.assert_array_equal(fold.fit, other.valid)
        assert len(fold.fit) + len(fold.valid) == drawn.rows.n
        for label in (0.0, 1.0):
            half = np.isin(np.flatnonzero(drawn.rows.y == label), fold.valid)
            assert half.mean() == pytest.approx(0.5, abs=0.1)
    lost = row_losses(drawn, probed([np.full(len(fold.valid), float(k)) for k, fold in enumerate(drawn.folds)]))
    assert lost.mean() == pytest.approx(2.5)
    once = draw_rows(make_problem(make_spec(trials=1)), 1e-9)
    assert len(once.folds) == 2


def test_a_file_has_one_first_half(make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]) -> None:
    """Where rows stand in the order of a file its halves predict each other, and are probed again, not parted anew."""
    problem = make_problem(make_spec(trials=1))
    ordered = replace(problem, rows=replace(problem.rows, order=np.arange(problem.rows.n)))
    drawn = draw_rows(ordered, SECONDS)
    assert (len(drawn.folds), drawn.again) == (2, 3)
    assert drawn.folds[0].valid.max() < drawn.folds[0].fit.min()


def test_the_only_row_of_its_class_is_learned_from(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]
) -> None:
    """It cannot be predicted by what has never seen the class."""
    problem = make_problem(make_spec(trials=1))
    y = np.r_[1.0, np.zeros(problem.rows.n - 1)]
    drawn = draw_rows(replace(problem, rows=replace(problem.rows, y=y)), SECONDS)
    assert all(0 in fold.fit and 0 not in fold.valid for fold in drawn.folds)


@pytest.mark.parametrize(("judged", "windows"), [(120, 2), (72, 2), (48, 3), (5, 3)])
def test_windows_are_as_long_as_the_test_part(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    judged: int,
    windows: int,
) -> None:
    """What helps for the next days only is no help where months are to be predicted; the last window comes first."""
    drawn = draw_rows(over_time(make_problem(make_spec(trials=1)), judged=judged, horizon=5 * 86_400.0), 1e-9)
    assert len(drawn.folds) == windows
    assert drawn.folds[0].valid.max() == drawn.rows.n - 1
    for fold in drawn.folds:
        assert fold.fit.max() == fold.valid.min() - 5  # targets of the last days are not known yet


def test_few_rows_of_a_window_are_probed_again(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]
) -> None:
    """There is no other way to part them; other seeds take out the luck of one, and the losses are averaged."""
    drawn = draw_rows(over_time(make_problem(make_spec(trials=1)), judged=72), SECONDS)
    assert (len(drawn.folds), drawn.again) == (2, 3)
    lost = row_losses(drawn, probed([np.full(len(fold.valid), float(k)) for k in range(3) for fold in drawn.folds]))
    predicted = np.concatenate([fold.valid for fold in drawn.folds])
    np.testing.assert_array_equal(lost[predicted], 1.0)
    assert np.isnan(lost).sum() == drawn.rows.n - len(predicted)
