"""One fold of a candidate as a job, with its limits of time and memory."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from automl.executors.base import Done
from automl.search.candidate import Candidate
from automl.search.schedule import jobs
from automl.search.state import State
from automl.spec.budget import AT_ONCE


def candidate(state: State) -> Candidate:
    ridge = next(learner for learner in state.proposals.learners if learner.name == "ridge")
    return Candidate(id=4, learner=ridge, params={"l2": 1.0}, sample=50)


def test_a_job_knows_its_fold(make_state: Callable[..., State]) -> None:
    """The request names learner, parameters, rows to learn from, and where predictions go."""
    state = make_state(trials=2)
    one = candidate(state)
    assert jobs.room(state)
    jobs.submit(state, one, 2)
    (job,) = (job for job, _ in state.run.executor._queue)
    request = job.arguments["request"]
    assert (request.learner, request.params, request.sample) == ("ridge", {"l2": 1.0}, 50)
    assert request.out == str(state.run.folder.path / "oof" / "4-2.npy")
    assert request.matrix.name == "fold-2"
    assert one.asked == {2}
    for fold in [3] * (AT_ONCE - 1):
        assert jobs.room(state)
        jobs.submit(state, one, fold)
    assert not jobs.room(state)


@pytest.mark.parametrize("counted", [True, False])
def test_the_clock_limits_a_fit_that_is_not_counted(make_state: Callable[..., State], *, counted: bool) -> None:
    """R12: with counted work the deadline alone can end it; else it trains within its share, and is killed later."""
    state = make_state(**({"trials": 2} if counted else {}))
    jobs.submit(state, candidate(state), 0)
    ((job, _),) = state.run.executor._queue
    request = job.arguments["request"]
    assert math.isinf(request.until) is counted
    assert job.seconds == (60.0 if counted else pytest.approx(1.5 * request.seconds + 10.0))


def test_only_a_first_fold_that_may_ship_keeps_its_model(make_state: Callable[..., State]) -> None:
    """Until the folds are settled a holdout may be all there is."""
    state = make_state()
    for fold in (0, 1):
        jobs.submit(state, candidate(state), fold)
    first, second = (job.arguments["request"].parity for job, _ in state.run.executor._queue)
    assert first is not None
    assert second is None


def test_costs_are_written_down(make_state: Callable[..., State]) -> None:
    """Seconds add up over the folds, of memory the most counts."""
    state = make_state(trials=2)
    one = candidate(state)
    for fold, done in enumerate((Done(id=0, status="ok", seconds=2.0, memory=7), Done(id=1, status="ok", seconds=3.0))):
        jobs.submit(state, one, fold)
        assert jobs.land(state, done) == (one, fold)
    assert (one.seconds, one.memory, state.flying) == (5.0, 7, {})


def test_memory_is_shared_evenly(make_state: Callable[..., State]) -> None:
    """A job has its share less what we hold ourselves, but half of it in any case."""
    state = make_state(trials=2, memory="8GB")
    assert 4e9 <= jobs.memory(state.run) < 8e9
    assert jobs.memory(make_state(trials=2, memory="200MB").run) == 100_000_000
