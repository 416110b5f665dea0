"""How slowly to learn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.learners.lightgbm import LIGHTGBM
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import Fidelity
from automl.search.schedule import estimates, learning_rate
from automl.task import Task

TASK = Task(kind="multiclass", classes=9)
OWN = float(str(LIGHTGBM.portfolio(TASK, 40_000)[0]["learning_rate"]))


def state(found: list[Candidate], *, folds: int = 1, rungs: tuple[int, ...] = (), counted: bool = False) -> Any:
    fidelity = Fidelity(folds=folds, rate=1.2, fit_seconds=100.0, refit_seconds=70.0)
    problem = SimpleNamespace(task=TASK, folds=(SimpleNamespace(fit=np.arange(40_000)),))
    proposals = SimpleNamespace(fidelity=fidelity)
    return SimpleNamespace(
        counted=counted,
        rungs=rungs,
        fidelity=fidelity,
        candidates=found,
        problem=problem,
        workers=2,
        proposals=proposals,
    )


def fit(seconds: float, *, factor: float = 1.0) -> Candidate:
    params = {"learning_rate": OWN * factor}
    return Candidate(id=0, learner=LIGHTGBM, params=params, losses={0: 0.5}, seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "factor", "rate"),
    [(10.0, 1.0, 0.5), (60.0, 1.0, 0.9), (60.0, 2.0, 1.8)],
    ids=["time for many", "for some", "it was in a hurry"],
)
def test_the_first_fit_shows_it(monkeypatch: pytest.MonkeyPatch, seconds: float, factor: float, rate: float) -> None:
    """With 200 s on two workers there should be six slow fits, and none learns slower than by half."""
    monkeypatch.setattr(estimates, "seconds_left", lambda state: 200.0)
    found = fit(seconds, factor=factor)
    now = state([found])
    learning_rate.learn(now, found)
    assert now.proposals.fidelity.rate == pytest.approx(rate)


@pytest.mark.parametrize("how", [{"folds": 5}, {"rungs": (10_000,)}, {"counted": True}], ids=str)
def test_elsewhere_nothing_changes(monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]) -> None:
    """Many folds, few rows of many, and counted trials have ways of their own (R12)."""
    monkeypatch.setattr(estimates, "seconds_left", lambda state: 200.0)
    found = fit(10.0)
    now = state([found], **how)
    learning_rate.learn(now, found)
    assert now.proposals.fidelity.rate == 1.2


def test_only_the_first_fit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one, slower by what the first one showed, is not slowed down again."""
    monkeypatch.setattr(estimates, "seconds_left", lambda state: 200.0)
    first, second = fit(10.0), fit(20.0, factor=0.5)
    now = state([first, second])
    learning_rate.learn(now, second)
    assert now.proposals.fidelity.rate == 1.2
