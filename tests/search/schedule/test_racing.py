"""Who goes on to further folds, and whose time is given to others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from automl.learners.constant import CONSTANT
from automl.learners.lightgbm import LIGHTGBM
from automl.search.candidate import Candidate
from automl.search.schedule import racing


def candidate(number: int, losses: dict[int, float], *, seconds: float, **more: Any) -> Candidate:
    learner = more.pop("learner", LIGHTGBM)
    return Candidate(id=number, learner=learner, params={}, losses=losses, asked=set(losses), seconds=seconds, **more)


def state(found: list[Candidate], *, counted: bool = False) -> Any:
    whole = [one for one in found if one.whole]
    fidelity = SimpleNamespace(folds=5)
    return SimpleNamespace(counted=counted, candidates=found, whole=whole, flying={}, fidelity=fidelity, workers=2)


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
