"""The best few are cross-validated again on other folds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl.data.rows import Rows, Schema
from automl.search import candidate as candidates
from automl.search.begin import begin
from automl.search.candidate import Candidate
from automl.search.ensemble import membership
from automl.search.loop import _explore
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.schedule import repeated_cv
from automl.search.state import State
from automl.spec import Spec
from automl.task import Task


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
    """Of few groups or moments there may be one way only."""
    monkeypatch.setattr(Problem, "can_repeat", lambda problem, repeat: False)
    state = make_state(seconds=100.0, price=lambda job: 0.2)
    _explore(state)
    assert state.finalists == ()


@pytest.mark.parametrize(("seconds", "all_of_them"), [(100.0, False), (10_000.0, True)])
def test_with_time_for_all_repeats_everyone_is_a_finalist(
    make_state: Callable[..., State], seconds: float, *, all_of_them: bool
) -> None:
    """No time is left over while a candidate that fell behind by luck could be judged again."""
    state = make_state(seconds=seconds)
    for number in range(12):
        one = Candidate(id=number, learner=state.proposals.learners[0], params={"l2": float(number)})
        one.losses, one.seconds, one.ended = dict.fromkeys(range(4), 0.4 + 0.01 * number), 4.0, True
        state.run.folder.save(candidates.oof_name(one), np.full((state.problem.rows.n, 1), 0.5))
        one.whole = True
        state.candidates.append(one)
    repeated_cv._nominate(state)
    assert (len(state.finalists) == 12) is all_of_them


@pytest.mark.parametrize("way", ["time", "order"])
def test_windows_and_stretches_are_repeated_too(
    make_rows: Callable[..., tuple[Rows, Schema]],
    make_spec: Callable[..., Spec],
    make_run: Callable[..., Run],
    way: str,
) -> None:
    """A search by time does not end early with one look at its windows: they begin elsewhere in each repeat."""
    rows, schema = make_rows(240)
    rows = replace(rows, time=np.arange(240) * 86_400e6) if way == "time" else replace(rows, order=np.arange(240))
    spec = make_spec(seconds=100.0)
    problem = Problem.of(rows, schema, Task(kind="binary", classes=2), metric="roc_auc", spec=spec, seed=0)
    state = begin(problem, make_run(spec, price=lambda job: 0.2))
    _explore(state)
    assert repeated_cv.complete(state) > 1
    found = membership.out_of_fold(state.run.folder, state.finalists)
    predicted = np.concatenate([fold.valid for fold in problem.folds])
    assert all(np.array_equal(np.flatnonzero(np.isfinite(each[:, 0])), np.sort(predicted)) for each in found)
