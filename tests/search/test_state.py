"""A search at one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from automl.learners.constant import CONSTANT
from automl.learners.lightgbm import LIGHTGBM
from automl.search.candidate import Candidate
from automl.search.leaderboard import Trial
from automl.search.state import State


def candidate(number: int, **known: object) -> Candidate:
    return Candidate(**{"id": number, "learner": LIGHTGBM, "params": {}, **known})  # type: ignore[arg-type]  # as said


def test_trials_stand_in_the_order_of_their_ending(make_state: Callable[..., State]) -> None:
    """What has ended comes first, then what a signal kept from being noted, then what was never tried."""
    state = make_state(trials=2)
    first, second, noted, flying = (candidate(number, ended=number != 3) for number in range(4))
    state.candidates += [first, second, noted, flying]
    state.ended += [second, first]
    aside = Trial(id=-1, learner="linear", params={}, status="left out")
    assert [trial.id for trial in replace(state, aside=(aside,)).trials] == [1, 0, 2, -1]


def test_candidates_are_parted_by_what_they_may_do(make_state: Callable[..., State]) -> None:
    """On the lowest rung begins who compares with a new one; whole is who was predicted everywhere."""
    state = make_state(trials=2)
    assert state.lowest is None
    state = replace(state, rungs=(100, 400))
    base = candidate(0, learner=CONSTANT, whole=True)
    low, high, every = candidate(1, sample=100), candidate(2, sample=400, whole=True), candidate(3, whole=True)
    state.candidates += [base, low, high, every]
    assert state.lowest == 100
    assert state.starters == [base, low]
    assert state.whole == [base, high, every]
    assert state.ready == [base, every]  # the rounds of a sample are not for all rows


def test_a_state_reads_its_run(make_state: Callable[..., State]) -> None:
    """Whether work is counted, and how many jobs run at a time."""
    assert make_state(trials=2).counted
    assert not make_state().counted
    assert make_state().workers == 1
