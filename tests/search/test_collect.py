"""What comes back from the workers is taken in, and candidates end."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from automl.executors.base import Done
from automl.search.candidate import Candidate
from automl.search.collect import MODELS, close, counting_folds, end, take
from automl.search.feed import feed
from automl.search.state import State
from automl.search.worker.fold_fit import FittedModel


def flown(state: State) -> tuple[Candidate, Done]:
    """The first job of the search, as it ends."""
    feed(state)
    (done,) = state.run.executor.wait(10.0)
    return state.flying[done.id][0], done


def test_a_fold_that_ended_has_a_loss(make_state: Callable[..., State]) -> None:
    """Its seconds count, and the candidate goes on."""
    state = make_state(trials=2)
    candidate, done = flown(state)
    take(state, done)
    assert 0.0 < candidate.losses[0] < 1.0
    assert candidate.seconds == 1.0
    assert not candidate.ended


def test_a_fold_that_failed_ends_its_candidate(make_state: Callable[..., State]) -> None:
    """R11: its status and reason stand in the journal, and the search tells them."""
    told: list[str] = []
    state = make_state(trials=2, told=told)
    candidate, done = flown(state)
    take(state, Done(id=done.id, status="memory", detail="used too much"))
    assert candidate.ended
    assert told[-1] == "mean failed: memory. used too much"
    line = json.loads((state.run.folder.path / "journal.jsonl").read_text())
    assert (line["kind"], line["status"], line["loss"]) == ("trial", "memory", None)
    late = Done(id=next(iter(state.flying)), status="error", detail="late")
    take(state, late)
    assert (candidate.status, len(state.ended)) == ("memory", 1)


def test_the_first_real_fit_settles_the_folds(make_state: Callable[..., State]) -> None:
    """With fits of ten seconds a minute has no time for four folds of each."""
    state = make_state(seconds=60.0, price=lambda job: 0.1 if job.arguments["request"].learner == "mean" else 10.0)
    assert state.fidelity.folds == 4
    while not any(candidate.learner.name == "ridge" and candidate.losses for candidate in state.candidates):
        feed(state)
        for done in state.run.executor.wait(20.0):
            take(state, done)
    assert state.settled
    assert state.fidelity.folds == 1
    assert all(candidate.ended for candidate in state.candidates if candidate.learner.baseline)


@pytest.mark.parametrize(("done", "folds"), [(3, 3), (2, 4)], ids=["most of them", "half"])
def test_most_folds_are_enough_to_count(make_state: Callable[..., State], done: int, folds: int) -> None:
    """Who has three of four folds counts with them; who has two would need the others."""
    state = make_state()
    candidate = Candidate(id=0, learner=state.proposals.learners[0], params={}, losses=dict.fromkeys(range(done), 0.5))
    assert counting_folds(state, candidate) == folds


def test_what_is_under_way_at_the_end_is_stopped(make_state: Callable[..., State]) -> None:
    """It stands there with how far it came."""
    state = make_state()
    candidate, done = flown(state)
    take(state, done)
    close(state)
    assert (candidate.status, candidate.detail) == ("stopped", "the time ended, 1 of 4 folds done")
    assert [trial.status for trial in state.trials] == ["stopped"]


def test_few_models_stay_in_memory(make_state: Callable[..., State]) -> None:
    """Of fitted models the best are kept; those of a baseline always are."""
    state = make_state(trials=2)
    model = FittedModel(member=None, native=None)  # type: ignore[arg-type]  # nothing looks at it
    mean, ridge = (next(one for one in state.proposals.learners if one.name == name) for name in ("mean", "ridge"))
    for number in range(MODELS + 3):
        learner = mean if number == MODELS + 2 else ridge
        state.candidates.append(Candidate(id=number, learner=learner, params={}, losses={0: float(number)}))
        state.candidates[-1].fitted, state.candidates[-1].status = model, "error"
        end(state, state.candidates[-1])
    holding = [candidate.id for candidate in state.candidates if candidate.fitted is not None]
    assert holding == [*range(MODELS), MODELS + 2]
