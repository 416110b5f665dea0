"""The workers are kept fed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from automl.search.collect import take
from automl.search.feed import feed, plan_ahead
from automl.search.problem import Matrices
from automl.search.schedule.estimates import granted, seconds_left
from automl.search.state import State
from automl.spec.budget import AT_ONCE


def test_as_many_jobs_as_the_workers_need(make_state: Callable[..., State]) -> None:
    """One for each worker and one ahead; with counted trials up to eight, whatever the workers (R12).

    The baseline's folds come before those of others.
    """
    state = make_state(trials=9)
    feed(state)
    flying = [(candidate.learner.name, fold) for candidate, fold in state.flying.values()]
    assert flying[:2] == [("mean", 0), ("mean", 1)]
    feed(state)
    assert len(state.flying) == len(flying) == 6 < AT_ONCE  # all folds of both
    timed = make_state(trials=None)
    feed(timed)
    assert len(timed.flying) == timed.run.executor.workers + 1


def test_nothing_is_submitted_once_all_is_tried(make_state: Callable[..., State]) -> None:
    """With counted trials the last one is the end."""
    state = make_state(trials=1)
    feed(state)
    while state.flying:
        for done in state.run.executor.wait(10.0):
            take(state, done)
        feed(state)
    assert [candidate.learner.name for candidate in state.ended] == ["mean", "ridge"]


def test_the_plan_on_all_rows_comes_after_those_of_the_folds(make_state: Callable[..., State]) -> None:
    """While the workers are busy it is made ahead, once every fold has its own."""
    state = make_state(trials=2)
    plan_ahead(state)
    assert not state.matrices.has(None)
    for fold in range(4):
        state.matrices.matrix(fold)
    plan_ahead(state)
    assert state.matrices.has(None)


def test_a_slow_first_plan_means_fewer_folds(make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch) -> None:
    """R10: further plans may take a part of the search, and no more."""
    state = make_state(seconds=60.0)
    matrix = Matrices.matrix

    def slow(self: Matrices, fold: int | None) -> object:
        state.run.executor.now += 0.0 if self.has(fold) else 8.0  # type: ignore[attr-defined]  # the simulated one
        return matrix(self, fold)

    monkeypatch.setattr(Matrices, "matrix", slow)
    feed(state)
    assert state.fidelity.folds == state.proposals.fidelity.folds == 2
    assert state.late > 0.0


def test_the_first_fit_on_all_rows_comes_to_its_end(make_state: Callable[..., State]) -> None:
    """R10: with rungs, what is set aside while it is under way does not end it; once one stands, it ends the others."""
    state = make_state(seconds=60.0, workers=2)
    state.rungs, state.fidelity = (20,), replace(state.fidelity, folds=1, refit_seconds=20.0)
    left = seconds_left(state)
    feed(state)
    first = next(one for one, _ in state.flying.values() if not one.learner.baseline)
    state.after = replace(state.after, judged=10**8)
    assert seconds_left(state) == pytest.approx(left)
    state.late, first.ended, first.whole, first.losses = 0.0, True, True, {0: 0.5}
    feed(state)
    assert state.late <= granted(state)
    assert seconds_left(state) < left
