"""What fits into the time that is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.learners.base import Learner
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import choose_fidelity
from automl.search.cost.more_rounds import MORE_ROUNDS
from automl.search.schedule.estimates import (
    FEWEST_SECONDS,
    MOST_TWIN,
    THREADED,
    all_rows_rate,
    backlog,
    expected,
    granted,
    haste,
    makespan,
    most,
    refit_seconds,
    rest,
    scaled,
    seconds_left,
    seconds_reserved,
    share_of_time,
    twin_seconds,
    twins,
    usual_fit,
    within,
    work,
)
from automl.search.state import State
from automl.search.worker.model_size import ModelSize

HEAVY, LIGHT, OTHER = (SimpleNamespace(seconds_a_fold=lambda seconds=seconds: seconds) for seconds in (30.0, 4.0, 5.0))


def state_of(*, workers: int, seconds: float) -> Any:
    """A search with one fold of 900 rows of 1,000."""
    problem = SimpleNamespace(rows=SimpleNamespace(n=1_000), folds=(SimpleNamespace(fit=np.arange(900)),))
    return SimpleNamespace(
        problem=problem,
        workers=workers,
        fidelity=SimpleNamespace(folds=1, refit_seconds=seconds),
        rungs=(),
        likely=tuple(
            SimpleNamespace(learner=SimpleNamespace(baseline=False), sample=None, seconds_a_fold=one.seconds_a_fold)
            for one in (HEAVY, LIGHT, OTHER)
        ),
    )


@pytest.mark.parametrize(
    ("workers", "seconds", "chosen"),
    [(1, 9.5, [LIGHT, OTHER]), (1, 5.0, [LIGHT]), (2, 31.0, [HEAVY, LIGHT, OTHER]), (1, 0.5, [])],
)
def test_a_heavy_member_does_not_cost_the_light_ones_their_refits(workers: int, seconds: float, chosen: list) -> None:
    """R10: what cannot end in time is left out alone; after it the others are refitted all the same."""
    assert within(state_of(workers=workers, seconds=seconds), [HEAVY, LIGHT, OTHER], seconds) == chosen


def test_time_is_set_aside_for_those_that_fit() -> None:
    """R10: 9 s for the light two, though the first member alone would take 30 s."""
    assert refit_seconds(state_of(workers=1, seconds=10.0)) == pytest.approx(0.5 + 9.0)


def test_later_rows_are_worth_more_time() -> None:
    """Where the rows held out are the latest ones, a larger share may go into refits on all rows."""
    shares = [
        choose_fidelity(60.0, folds=5, seconds=100.0, workers=2, by_time=late).refit_seconds for late in (False, True)
    ]
    assert shares == [30.0, 45.0]


def learner(state: State, name: str) -> Learner:
    return next(one for one in state.proposals.learners if one.name == name)


def took(state: State, number: int, seconds: float, *, folds: int = 1, **known: Any) -> Candidate:
    """A ridge that has ended so many folds, each in so many seconds."""
    one = Candidate(
        id=number,
        learner=learner(state, "ridge"),
        params={},
        losses=dict.fromkeys(range(folds), 0.5),
        seconds=seconds * folds,
        **known,
    )
    state.candidates.append(one)
    return one


def test_the_search_has_what_comes_after_it_set_aside(make_state: Callable[..., State]) -> None:
    """Reserve and refits; the larger the members, the longer the reserve."""
    state = make_state()
    reserved, refits = seconds_reserved(state), refit_seconds(state)
    assert seconds_left(state) == pytest.approx(60.0 - reserved - refits)
    heavy = took(state, 0, 1.0, model_size=ModelSize(nodes=1e6), ended=True, whole=True)
    state.likely = (heavy,)
    state.chosen = (heavy,)
    assert seconds_reserved(state) > reserved


def test_a_twin_is_set_aside_too(make_state: Callable[..., State]) -> None:
    """R10: its fits take as long as the refits, row for row, and the features of all rows once more; within a bound."""
    state = make_state(seconds=600.0)
    state.chosen = (took(state, 0, 6.0, ended=True, whole=True),)
    state.matrices.longest = 4.0
    alone = seconds_reserved(state)
    both = replace(state, after=replace(state.after, twin=240), problem=replace(state.problem, judged=60))
    fits = makespan(both.chosen, both.problem, 1)
    assert (twins(state), twins(both)) == (0.0, 1.25)
    assert twin_seconds(both) == pytest.approx(1.25 * (4.0 + fits))
    assert seconds_reserved(both) - alone == pytest.approx(twin_seconds(both), abs=0.1)
    state.chosen[0].seconds = 6_000.0
    assert seconds_reserved(both) - alone == pytest.approx(MOST_TWIN * 600.0, abs=0.1)


def test_the_first_candidates_have_a_moment_in_any_case(make_state: Callable[..., State]) -> None:
    """When reading has taken all the time, the promise still has some slack."""
    state = make_state(seconds=10.0)
    assert granted(state) == pytest.approx(FEWEST_SECONDS)
    state.run.executor.now = 9.9  # type: ignore[attr-defined]  # the simulated one
    assert granted(state) <= 12.5 - seconds_reserved(state)
    state.late = 10.4
    assert seconds_left(state) == pytest.approx(0.5)


def test_a_fit_is_expected_to_take_what_its_like_has(make_state: Callable[..., State]) -> None:
    """From fits of the same learner, on as many rows if there are; else from what other learners took."""
    state = make_state()
    ridge, mean = learner(state, "ridge"), learner(state, "mean")
    assert expected(state, ridge, None) == pytest.approx(ridge.cost * usual_fit(state.problem) / 2)
    took(state, 0, 8.0)
    assert expected(state, ridge, None) == 8.0
    assert expected(state, ridge, 90) == scaled(8.0, 180, 90) == 4.0
    took(state, 1, 3.0, sample=90)
    assert expected(state, ridge, 90) == 3.0
    assert expected(state, mean, None) == pytest.approx(6.0 * mean.cost)


def test_haste_is_how_many_times_too_long_it_takes(make_state: Callable[..., State]) -> None:
    """Its folds on all workers, those of candidates under way first; with counted work there is none (R12)."""
    state = make_state()
    one = took(state, 0, 2.0)
    assert rest(state, one) == backlog(state) == 6.0
    assert haste(state, one.learner) == pytest.approx((4 * 2.0 + 6.0) / seconds_left(state))
    assert share_of_time(state, 3, 2.0) == pytest.approx(6.0 / seconds_left(state))
    climbing = replace(state, rungs=(90,))
    assert haste(climbing, one.learner) == pytest.approx((1.0 + 1.0 + 6.0) / seconds_left(climbing))
    assert haste(make_state(trials=2), one.learner) == 1.0


def test_most_folds_are_more_than_half(make_state: Callable[..., State]) -> None:
    """Three of four."""
    assert most(make_state()) == 3


def test_refits_share_the_workers(make_state: Callable[..., State]) -> None:
    """The longest starts first; a refit on all rows takes more than a fold, but waits for no gain."""
    state = make_state()
    members = [took(state, number, seconds) for number, seconds in enumerate((6.0, 3.0, 3.0))]
    each = 240 / 180 * 0.9
    assert makespan(members, state.problem, 1) == pytest.approx(12.0 * each)
    assert makespan(members, state.problem, 2) == pytest.approx(6.0 * each)


def test_counted_work_is_the_same_everywhere(make_state: Callable[..., State]) -> None:
    """Cells times rounds times what the learner costs, whatever the clock said."""
    state = make_state(trials=2)
    one = took(state, 0, 9.0, rounds={0: 10, 1: 20})
    assert work(state.problem, one) == 180 * 3 * 30 * one.learner.cost


@pytest.mark.parametrize(
    ("kept", "times", "rounds", "ran"),
    [(100, 4, 200, 400), (100, 99, MORE_ROUNDS * 100, 400), (2_000, 4, 2_000, 2_000)],
    ids=["borne", "four times", "the cap"],
)
def test_all_rows_take_the_rounds_that_will_be_run(
    make_state: Callable[..., State], kept: int, times: int, rounds: int, ran: int
) -> None:
    """What a round of the sample took, for each row, times the rounds on all rows at the most: the cap binds both."""
    state = make_state()
    one = took(state, 0, 9.0, rounds={0: kept})
    one.params = {"learning_rate": 0.05}
    unread: Any = SimpleNamespace(rows=times * 180)
    assert all_rows_rate(state, one, unread) == pytest.approx(THREADED * 9.0 / 180 * rounds / ran)
