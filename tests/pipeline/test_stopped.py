"""A refusal after a stop says that there was one."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.errors import SpecError, Stopped, VerdictRefusal
from automl.pipeline.fit import fit
from automl.pipeline.result import Fit
from automl.pipeline.stopped import refusing
from automl.progress import Event
from automl.stop_request import StopRequest


@pytest.mark.parametrize("hint", [None, "--write-anyway"])
def test_a_refusal_says_that_a_signal_came(hint: str | None) -> None:
    """S10: what was left out and how to go on stand below the refusal's own hint; without a signal nothing is added."""
    stop = StopRequest(stands=True, left_out=["further trials"])
    with pytest.raises(VerdictRefusal) as calm, refusing(stop):
        raise VerdictRefusal("no saving", hint=hint)
    assert calm.value.hint == hint
    stop.receive(signal.SIGTERM)
    with pytest.raises(VerdictRefusal) as caught, refusing(stop):
        raise VerdictRefusal("no saving", hint=hint)
    assert (caught.value.hint or "").splitlines()[-1].startswith("The fit was stopped by SIGTERM, without further tri")
    assert (caught.value.hint or "").startswith(hint or "The fit")


COSTS = {"false_positive": 10, "false_negative": 30, "currency": "EUR"}


def _fit(
    out: Path, *, costs: dict[str, Any] | None = None, patience: dict[str, Any] | None = None, **given: Any
) -> Fit:
    """A fit with room for twenty trials in this process: eight are under way at a time where they are counted."""
    size, noise = np.random.default_rng(0).normal(size=(2, 200))
    frame = pl.DataFrame({"size": size, "age": size[::-1], "seen": size + noise > 0.2})
    budget = {"trials": 20, "time": "10min", "executor": "inline", "workers": 1, "patience": patience}
    spec = {
        "objective": {"target": "seen", "costs": costs},
        "budget": {key: value for key, value in budget.items() if value is not None},
        "recipe": {"name": "quick", "folds": 2},
        "report": {"html": False},
    }
    spec["objective"] = {key: value for key, value in spec["objective"].items() if value is not None}
    return fit(spec, train=frame, out=out / "m.bundle", write_anyway=True, **given)


def test_a_listener_ends_a_run(tmp_path: Path) -> None:
    """Its "stop", however often it is said, leaves a bundle of the best so far, and the result says who ended it."""
    heard: list[Event] = []

    def listen(event: Event) -> str | None:
        heard.append(event)
        return "stop" if event.facts.get("learner") == "linear" or len(heard) > 20 else None

    done = _fit(tmp_path, listener=listen)
    assert done.stopped == "stopped by the listener, without further trials"
    assert {trial.learner for trial in done.board.trials if trial.status == "ok"} == {"constant", "linear"}
    assert done.exit_code == 0
    assert done.bundle.manifest.members[0].learner == "linear"


def test_a_listener_ends_a_run_before_anything_stands(tmp_path: Path) -> None:
    """There is nothing to write then: it raises, as Ctrl-C does, and says who it was."""
    with pytest.raises(Stopped, match="stopped by the listener") as caught:
        _fit(tmp_path, listener=lambda _: "stop")
    assert caught.value.exit_code == 130
    assert not (tmp_path / "m.bundle").exists()


def test_patience_ends_a_search(tmp_path: Path) -> None:
    """A stretch of time that brings too little ends the search alone: the rest of the fit is done, and it is told."""
    done = _fit(tmp_path, costs=COSTS, patience={"time": "1ms", "money": 1e6})
    assert done.stopped is not None
    assert done.stopped.startswith("1ms brought ")
    assert "EUR for 1,000 rows, less than budget.patience waits for" in done.stopped
    assert len(done.board.trials) < 22  # twenty, and two baselines
    assert done.exit_code in {0, VerdictRefusal.exit_code}


def test_money_that_nobody_counts_is_not_waited_for(tmp_path: Path) -> None:
    """Without costs there is none, which is told before the search."""
    with pytest.raises(SpecError, match="wait for score"):
        _fit(tmp_path, patience={"time": "1s", "money": 10.0})
