"""The best few are cross-validated again on other folds."""

from __future__ import annotations

import json
from collections.abc import Callable

from automl.search.loop import _explore
from automl.search.problem import Problem
from automl.search.schedule import repeated_cv
from automl.search.state import State


def test_repeats_follow_the_search(make_state: Callable[..., State]) -> None:
    """With time left each finalist gets the same further folds, and the journal has a line for each repeat."""
    told: list[str] = []
    state = make_state(seconds=100.0, told=told, price=lambda job: 0.2)
    _explore(state)
    assert any("are cross-validated again on other folds" in text for text in told)
    repeats = repeated_cv.complete(state)
    assert repeats > 1
    assert {candidate.repeats for candidate in state.finalists} <= {repeats, repeats + 1}
    assert {candidate.learner.name for candidate in state.finalists} == {"mean", "ridge"}
    lines = [json.loads(line) for line in (state.run.folder.path / "journal.jsonl").read_text().splitlines()]
    again = [line for line in lines if line["kind"] == "repeat"]
    assert {line["id"] for line in again} == {candidate.id for candidate in state.finalists}
    assert all(set(map(int, line["losses"])) & set(range(4)) == set() for line in again)


def test_counted_work_has_no_repeats(make_state: Callable[..., State]) -> None:
    """R12: how many there is time for would hang on the clock."""
    state = make_state(trials=2)
    _explore(state)
    assert repeated_cv.next_repeat(state) is None
    assert repeated_cv.complete(state) == 1


def test_rows_that_cannot_be_parted_anew_have_none(make_state: Callable[..., State], monkeypatch) -> None:
    """By time there is one way only."""
    monkeypatch.setattr(Problem, "can_repeat", lambda problem, repeat: False)
    state = make_state(seconds=100.0, price=lambda job: 0.2)
    _explore(state)
    assert state.finalists == ()
