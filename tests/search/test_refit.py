"""Refits on all train rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automl.executors.base import Job
from automl.search.candidate import Candidate
from automl.search.collect import close
from automl.search.loop import _explore
from automl.search.refit import final, refit, time_to_refit
from automl.search.state import State


def ended(state: State) -> State:
    """The search has found what it will."""
    _explore(state)
    state.run.executor.cancel()
    close(state)
    return state


def ridges(state: State) -> dict[Candidate, float]:
    """The first ridge as the only member."""
    return {next(candidate for candidate in state.ready if candidate.learner.name == "ridge"): 1.0}


def test_members_and_the_fallback_are_fitted(make_state: Callable[..., State]) -> None:
    """R11: the baseline is there for the case that nothing else is ready; what is refitted is told."""
    told: list[str] = []
    state = ended(make_state(trials=2, told=told))
    weights = ridges(state)
    fitted = refit(state, weights)
    assert {state.candidates[number].learner.name for number in fitted} == {"mean", "ridge"}
    assert told[-1] == "refitting on all rows: ridge 100%"
    assert final(state) is None


def test_a_refit_that_fails_is_told(make_state: Callable[..., State]) -> None:
    """The others go on without it."""
    told: list[str] = []
    state = ended(make_state(trials=2, told=told))
    weights = ridges(state)
    (member,) = weights
    member.params = {"learning_rate": 0.1}  # without its shrinkage this learner raises
    state.run.executor.price = lambda job: 1e6 if job.arguments["request"].learner == "ridge" else 1.0  # type: ignore[attr-defined]  # the simulated one
    fitted = refit(state, weights)
    assert member.id not in fitted
    assert any(text == "ridge could not be refitted: timeout. late" for text in told)


def test_a_holdout_ships_what_it_has_fitted(make_state: Callable[..., State]) -> None:
    """Where there is no time for a refit on all rows the fitted model goes as it is, and says from how many rows."""
    told: list[str] = []
    price = 12.0

    def seconds(job: Job) -> float:
        return 0.1 if job.arguments["request"].learner == "mean" else price  # type: ignore[attr-defined]  # a request

    state = ended(make_state(seconds=60.0, told=told, price=seconds))
    assert (state.fidelity.folds, final(state)) == (1, 0)
    weights = ridges(state)
    (member,) = weights
    assert member.fitted is not None
    assert not time_to_refit(state, [member] * 9)
    state.run.executor.now = 50.0  # type: ignore[attr-defined]  # the simulated one
    fitted = refit(state, weights)
    assert fitted[member.id] is member.fitted
    assert member.detail == "ships as fitted on 180 of 240 rows"


@pytest.mark.parametrize("counted", [True, False])
def test_counted_work_always_has_time(make_state: Callable[..., State], *, counted: bool) -> None:
    """R12: with `budget.trials` no clock leaves a member out."""
    state = make_state(**({"trials": 2} if counted else {}))
    slow = Candidate(id=0, learner=state.proposals.learners[0], params={}, seconds=500.0, losses={0: 0.5})
    assert time_to_refit(state, [slow]) is counted
