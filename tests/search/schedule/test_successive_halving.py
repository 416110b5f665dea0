"""Candidates on few rows, of which the best climb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from automl.search.candidate import Candidate
from automl.search.schedule import successive_halving
from automl.search.state import State


@pytest.fixture
def halving(make_state: Callable[..., State]) -> State:
    """Counted trials with rungs of 50 and 100 of 180 rows."""
    return replace(make_state(trials=9), rungs=(50, 100))


def tried(state: State, number: int, loss: float, *, sample: int | None = 50, seconds: float = 1.0) -> Candidate:
    ridge = next(learner for learner in state.proposals.learners if learner.name == "ridge")
    known = {"id": number, "learner": ridge, "params": {"learning_rate": 0.1}, "sample": sample, "seconds": seconds}
    state.candidates.append(Candidate(losses={0: loss}, ended=True, **known))  # type: ignore[arg-type]  # as named
    return state.candidates[-1]


@pytest.mark.parametrize(("rows", "rungs"), [(59_999, ()), (60_000, (10_000, 40_000))])
def test_only_large_data_has_rungs(rows: int, rungs: tuple[int, ...]) -> None:
    """On fewer rows a fit takes no longer than a choice is worth."""
    assert successive_halving.rungs(rows) == rungs


def test_one_in_three_climbs(halving: State) -> None:
    """The best of four on the lowest rung goes on to the next, a second one as well, and no third."""
    for number, loss in enumerate((0.5, 0.3, 0.4, 0.6)):
        assert successive_halving.on_rung(halving, tried(halving, number, loss))
    first = successive_halving.next_climb(halving)
    assert first is not None
    assert (first.origin, first.sample) == (1, 100)
    halving.candidates.append(first)
    second = successive_halving.next_climb(halving)
    assert second is not None
    assert second.origin == 2
    halving.candidates.append(second)
    assert successive_halving.next_climb(halving) is None


def test_the_highest_rung_climbs_to_all_rows(halving: State) -> None:
    """What is furthest goes first."""
    tried(halving, 0, 0.3)
    tried(halving, 1, 0.4, sample=100)
    climbs = successive_halving.next_climb(halving)
    assert climbs is not None
    assert (climbs.origin, climbs.sample) == (1, None)
    assert not successive_halving.on_rung(halving, climbs)


def test_one_is_tried_on_all_rows(halving: State) -> None:
    """More rows gain more than parameters chosen on few: the portfolio's first begins there."""
    anchor = successive_halving.anchor(halving)
    assert anchor is not None
    assert (anchor.learner.name, anchor.params["l2"], anchor.sample) == ("ridge", 100.0, None)


@pytest.mark.parametrize(("short", "share"), [(1.0, 1.0), (16.0, 1 / 4), (100.0, 1 / 10)])
def test_what_lacks_of_time_lacks_of_rows_and_rounds_alike(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch, short: float, share: float
) -> None:
    """A sixteenth of the time has a quarter of the rows: few rows are learned by heart long before the time ends."""
    state = make_state(seconds=60.0)
    state.fidelity = replace(state.fidelity, folds=1, fit_seconds=1.0)
    need = successive_halving.FASTER * short / successive_halving.LONG
    monkeypatch.setattr(successive_halving, "expected", lambda *_: need)
    monkeypatch.setattr(successive_halving, "backlog", lambda _: 0.0)
    monkeypatch.setattr(successive_halving, "FEWEST_ROWS", 1)
    anchor = successive_halving.anchor(state)
    assert anchor is not None
    assert (anchor.sample or 180) == int(180 * share)


def test_without_the_time_a_climb_takes_the_rows_that_fit(make_state: Callable[..., State]) -> None:
    """Where one fold judges, it learns from fewer rows; where that would be hardly more than before, not at all."""
    state = replace(make_state(seconds=60.0), rungs=(20,))
    state.fidelity = replace(state.fidelity, folds=1)
    tried(state, 0, 0.3, sample=20, seconds=15.0)
    climbs = successive_halving.next_climb(state)
    assert climbs is not None
    assert climbs.sample is not None
    assert 30 <= climbs.sample < 180
    state.candidates[0].seconds = 50.0
    assert successive_halving.next_climb(state) is None


def test_the_first_trial_on_a_rung_shows_how_fast_to_learn(make_state: Callable[..., State]) -> None:
    """Sixteen of them should fit into the time that is left."""
    state = replace(make_state(seconds=60.0), rungs=(50,))
    first = tried(state, 0, 0.3, seconds=10.0)
    successive_halving.learn(state, first)
    rate = state.proposals.fidelity.rate
    assert rate > 16 * 10.0 / 60.0
    successive_halving.learn(state, tried(state, 1, 0.3, seconds=40.0))
    assert state.proposals.fidelity.rate == rate
