"""Who goes on to further folds, and whose time is given to others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.learners.constant import CONSTANT
from automl.learners.lightgbm import LIGHTGBM
from automl.metrics.base import score
from automl.search.candidate import Candidate
from automl.search.schedule import racing, successive_halving
from automl.search.schedule.estimates import seconds_left
from automl.search.state import State


def candidate(number: int, losses: dict[int, float], *, seconds: float, **more: Any) -> Candidate:
    learner = more.pop("learner", LIGHTGBM)
    return Candidate(id=number, learner=learner, params={}, losses=losses, asked=set(losses), seconds=seconds, **more)


def state(found: list[Candidate], *, counted: bool = False) -> Any:
    whole = [one for one in found if one.whole]
    fidelity = SimpleNamespace(folds=5)
    problem = SimpleNamespace(folds=[SimpleNamespace(valid=range(10_000))])
    own = {"fidelity": fidelity, "problem": problem, "rungs": (), "flying": {}, "workers": 2}
    return SimpleNamespace(counted=counted, candidates=found, whole=whole, **own)


FIRM = {0: 0.3, 1: 0.3, 2: 0.3}


def test_what_cannot_end_in_time_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 9 s a candidate of 10 s a fold cannot get most of its folds: it is given up, one of 1 s a fold is not."""
    monkeypatch.setattr(racing, "seconds_left", lambda _: 9.0)
    stands = candidate(0, dict.fromkeys(range(5), 0.4), seconds=5.0, whole=True, ended=True)
    slow, fast = candidate(1, {0: 0.3, 1: 0.3}, seconds=20.0), candidate(2, {0: 0.3, 1: 0.3}, seconds=2.0)
    assert racing.abandon(state([stands, slow, fast])) == [slow]
    assert slow.detail == "ended after 2 of 5 folds: no time for the others"
    assert racing.abandon(state([stands, slow, fast], counted=True)) == []


def test_most_folds_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who can get three of five folds in time goes on until it has them, and is then ended."""
    monkeypatch.setattr(racing, "seconds_left", lambda _: 9.0)
    stands = candidate(0, dict.fromkeys(range(5), 0.4), seconds=5.0, whole=True, ended=True)
    short, enough = candidate(1, {0: 0.3, 1: 0.3}, seconds=16.0), candidate(2, FIRM, seconds=30.0)
    assert racing.abandon(state([stands, short, enough])) == [enough]


def test_the_furthest_stays_while_nothing_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """With baselines only, the candidate with the fewest folds to go is not given up, however little time is left."""
    monkeypatch.setattr(racing, "seconds_left", lambda _: 0.5)
    base = candidate(0, dict.fromkeys(range(5), 0.7), seconds=0.1, whole=True, ended=True, learner=CONSTANT)
    near, far = candidate(1, FIRM, seconds=30.0), candidate(2, {0: 0.1}, seconds=10.0)
    assert racing.abandon(state([base, near, far])) == [far]


def test_who_is_left_behind_later_gives_its_time_to_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to end its first fold goes on; once another one is far ahead, its further folds are not waited for."""
    monkeypatch.setattr(racing, "seconds_left", lambda _: 30.0)
    base = candidate(0, dict.fromkeys(range(5), 0.9), seconds=0.1, whole=True, ended=True, learner=CONSTANT)
    early, best = candidate(1, {0: 0.6}, seconds=8.0), candidate(2, {0: 0.4}, seconds=8.0)
    assert racing.goes_on(state([base, early]), early)
    assert racing.goes_on(state([base, early, best]), best)
    assert racing.abandon(state([base, early, best])) == [early]
    assert early.detail == racing.BEHIND


@pytest.mark.parametrize(("loss", "seconds", "folds"), [(0.4, 40.0, 1), (0.4, 11.0, 5), (0.4, 4.0, 5), (0.6, 40.0, 5)])
def test_a_winner_without_time_for_its_folds_has_all_judged_on_fewer(
    monkeypatch: pytest.MonkeyPatch, loss: float, seconds: float, folds: int
) -> None:
    """The best so far ships though it is slow, rather than a poor one with all its folds; a slow loser does not."""
    monkeypatch.setattr(racing, "seconds_left", lambda _: 14.0)
    stands = candidate(0, dict.fromkeys(range(5), 0.5), seconds=5.0, whole=True, ended=True)
    slow = candidate(1, {0: loss}, seconds=seconds)
    assert racing.folds_in_time(state([stands, slow]), slow) == folds
    assert racing.folds_in_time(state([stands, slow], counted=True), slow) == 5


def test_a_fold_that_ends_after_the_time_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """R10: on a crowded machine a first fold may end long after the search should have: one fold is left, not none."""
    monkeypatch.setattr(racing, "seconds_left", lambda _: -40.0)
    base = candidate(0, {0: 0.7}, seconds=0.1, whole=True, ended=True, learner=CONSTANT)
    late = candidate(1, {0: 0.3}, seconds=8.0)
    assert racing.folds_in_time(state([base, late]), late) == 1


@pytest.mark.parametrize(("counted", "order"), [(False, [2, 1]), (True, [0, 1])])
def test_further_folds_go_to_what_ends_soonest(
    make_state: Callable[..., State], order: list[int], *, counted: bool
) -> None:
    """Baselines first; with counted work in the order of their beginning (R12)."""
    state = make_state(**({"trials": 5} if counted else {}))
    slow, quick = candidate(0, {0: 0.3}, seconds=9.0), candidate(1, {0: 0.4, 1: 0.4}, seconds=2.0)
    state.candidates += [slow, quick, candidate(2, {}, seconds=0.0, learner=CONSTANT)]
    for number in order:
        following = racing.next_fold(state)
        assert following is not None
        assert (following[0].id, following[1]) == (number, len(following[0].asked))
        following[0].asked |= set(range(4))


def test_new_candidates_come_baselines_first(make_state: Callable[..., State]) -> None:
    """Each has a number of its own; with counted trials the last of them is the end."""
    state = make_state(trials=2)
    names = []
    while (following := racing.next_candidate(state)) is not None:
        one, fold = following
        assert fold == 0
        one.losses, one.ended = {0: 0.5}, True
        names.append((one.id, one.learner.name))
    assert names == [(0, "mean"), (1, "ridge"), (2, "ridge")]
    assert racing.next_climb(state) is None


def test_without_time_the_first_learner_hurries(make_state: Callable[..., State]) -> None:
    """In the last seconds the portfolio's first is fitted on what rows there is time for."""
    state = make_state(seconds=60.0)
    state.run.executor.now = 56.0  # type: ignore[attr-defined]  # the simulated one
    following = racing.next_candidate(state)
    assert following is not None
    assert following[0].learner.name == "ridge"


def test_what_cannot_end_in_time_stops_at_the_rounds_it_has(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a sample would be too few rows, the portfolio's first has all rows, and all the time that is left."""
    state = make_state(seconds=60.0)
    state.fidelity = replace(state.fidelity, folds=1, fit_seconds=0.4 * seconds_left(state))
    monkeypatch.setattr(successive_halving, "expected", lambda *_: 20 * seconds_left(state))
    following = racing.next_candidate(state)
    while following is not None and following[0].learner.baseline:
        monkeypatch.setattr(racing, "haste", lambda *_: 1e6)
        following = racing.next_candidate(state)
    assert following is not None
    assert (following[0].learner.name, following[0].sample) == ("ridge", None)
    assert state.fidelity.fit_seconds == pytest.approx(seconds_left(state))
    assert racing.next_candidate(state) is None


@pytest.mark.parametrize(("trials", "over"), [(3, False), (5, True)])
def test_so_many_trials_without_a_gain_are_enough(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch, trials: int, *, over: bool
) -> None:
    """More would only fit the folds: the best one was the first, and four others have not beaten it."""
    monkeypatch.setattr(racing, "enough", lambda rows: 4.0)
    state = make_state(trials=9)
    state.candidates += [candidate(i, {0: 0.3 + 0.1 * i}, seconds=1.0, ended=True) for i in range(trials)]
    assert racing.exhausted(state) is over


@pytest.mark.parametrize(
    ("loss", "seconds", "why"),
    [
        (0.43, 1.0, ""),
        (0.69, 1.0, "dropped: its first fold is behind the best"),
        (0.40, 40.0, "dropped: no time for further folds"),
    ],
    ids=["near the best", "far behind", "too slow"],
)
def test_who_is_near_the_best_goes_on(make_state: Callable[..., State], loss: float, seconds: float, why: str) -> None:
    """If there is time for its further folds; a baseline always does."""
    state = make_state()
    base = candidate(0, {0: 0.7}, seconds=0.1, learner=CONSTANT)
    best, one = candidate(1, {0: 0.4}, seconds=1.0, ended=True), candidate(2, {0: loss}, seconds=seconds)
    state.candidates += [base, best, one]
    assert racing.goes_on(state, base)
    assert racing.goes_on(state, one) is (not why)
    assert one.detail == why


@pytest.mark.parametrize(("of", "on"), [(1, True), (0, False)], ids=["it errs elsewhere", "it errs alike"])
def test_who_makes_the_best_one_better_goes_on(make_state: Callable[..., State], of: int, *, on: bool) -> None:
    """However far behind by itself: mixed, two models err less where each errs on rows of its own."""
    state = make_state(trials=2)
    rows = state.problem.folds[0].valid
    y = state.problem.rows.y[rows]

    def one(number: int, errs: int, truth: float) -> Candidate:
        right = np.where(np.arange(len(y)) % 2 == errs, truth, 0.8)
        p = np.where(y > 0, right, 1.0 - right)[:, None]
        return candidate(number, {0: score(state.problem.loss, y, p, None)}, seconds=1.0, predictions={0: p})

    best, behind = one(1, errs=0, truth=0.3), one(2, errs=of, truth=0.2)
    state.candidates += [candidate(0, {0: 0.9}, seconds=1.0, learner=CONSTANT), best, behind]
    behind.mixed = racing.mix(state, behind)
    assert racing.goes_on(state, best)
    assert racing.goes_on(state, behind) is on


@pytest.mark.parametrize("gone", [1, 2])
def test_a_forgotten_prediction_is_not_mixed(make_state: Callable[..., State], gone: int) -> None:
    """Whose first fold is neither in memory nor in the folder tells nothing."""
    state = make_state(trials=2)
    known = {0: np.full((len(state.problem.folds[0].valid), 1), 0.5)}
    state.candidates += [
        candidate(number, {0: number / 10}, seconds=1.0, predictions={} if number == gone else known)
        for number in (1, 2)
    ]
    assert racing.mix(state, state.candidates[1]) == math.inf


@pytest.mark.parametrize(("seconds", "on"), [(0.2, True), (1.0, False)], ids=["cheap", "dear"])
def test_cheap_folds_are_not_spared(make_state: Callable[..., State], seconds: float, *, on: bool) -> None:
    """Whose other folds cost next to nothing goes on, however far behind; with counted work time says nothing (R12)."""
    for state, goes in ((make_state(), on), (make_state(trials=2), False)):
        state.candidates += [candidate(0, {0: 0.7}, seconds=0.1), candidate(1, {0: 0.4}, seconds=1.0, ended=True)]
        behind = candidate(2, {0: 0.9}, seconds=seconds)
        state.candidates.append(behind)
        assert racing.goes_on(state, behind) is goes


def test_one_fold_is_all_that_a_rung_has(make_state: Callable[..., State]) -> None:
    """Whoever is tried on fewer rows climbs, or stays there."""
    state = make_state(trials=2)
    state.rungs = (50,)
    assert not racing.goes_on(state, candidate(0, {0: 0.1}, seconds=1.0, sample=50))
