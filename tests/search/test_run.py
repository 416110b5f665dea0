"""What every stage of a fit shares."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automl.errors import MachineError
from automl.executors.base import Done
from automl.progress import Event
from automl.search.run import Run
from automl.spec import Spec


def test_a_run_tells_sentences_with_their_facts(make_spec: Callable[..., Spec], make_run: Callable[..., Run]) -> None:
    """What is told reaches the listener as one event."""
    heard: list[Event] = []
    make_run(make_spec(), listener=heard.append).tell("refit", "refitting", left=3.0)
    assert heard == [Event(stage="refit", text="refitting", facts={"left": 3.0})]


def test_what_hangs_on_the_spec_is_read_from_it(make_spec: Callable[..., Spec], make_run: Callable[..., Run]) -> None:
    """R12: with `budget.trials` work is counted; the seed is the budget's, the workers those of the executor."""
    assert make_run(make_spec(trials=2)).counted
    timed = make_run(make_spec(seed=5))
    assert not timed.counted
    assert (timed.seed, timed.workers) == (5, 1)


def test_what_the_disk_failed_ends_the_run(
    make_spec: Callable[..., Spec], make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R04: a fit whose scores could not be written says nothing about its learner: the run ends, to be resumed."""
    run = make_run(make_spec())
    answers = iter([(Done(id=0, status="error"),), (Done(id=1, status="disk", detail="OSError: full"),)])
    monkeypatch.setattr(run.executor, "wait", lambda seconds: next(answers))
    assert [done.id for done in run.wait(0.1)] == [0]
    with pytest.raises(MachineError, match=r"OSError: full(.|\n)*--resume"):
        run.wait(0.1)
