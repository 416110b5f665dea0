"""Lighter models are made from a search that has ended."""

from __future__ import annotations

import math
import signal
from dataclasses import replace

import numpy as np
import pytest

from automl.search.distill.lighter_models import LighterModels, _choices
from automl.search.distill.limit_use import MeasuredOutcome
from automl.search.leaderboard import AllRows, Held, Outcome
from automl.search.state import State


@pytest.fixture
def lighter(ended: State, teacher: np.ndarray) -> LighterModels:
    return LighterModels(state=ended, teacher=teacher, final=None)


def measured(outcome: Outcome, use: float) -> list[MeasuredOutcome]:
    """The search's ensemble, which takes so much of its limit on the latency."""
    return [MeasuredOutcome(outcome=outcome, pressures={"latency_p99": use})]


def test_models_that_should_keep_the_limit_are_made(lighter: LighterModels, outcome: Outcome) -> None:
    """Each once: it predicts every row out of fold, its loss is its own, and it is the only member."""
    models = list(lighter.models(measured(outcome, 1.3), seconds=math.inf))
    assert models
    for model in models:
        assert model.limit_use <= 1.0
        assert sum(model.outcome.weights) == pytest.approx(1.0)
        assert model.loss == pytest.approx(lighter.loss(model.outcome.oof))
        assert {number for number, _ in model.outcome.board.weights} <= {
            trial.id for trial in model.outcome.board.trials
        }
    assert any("taught by the best ensemble" in model.name for model in models)
    names = {model.name for model in models}
    again = {model.name for model in lighter.models(measured(outcome, 1.3), seconds=math.inf)}
    assert not {name for name in names & again if "members" not in name}


def test_what_was_held_back_from_the_members_is_not_said_of_a_student(lighter: LighterModels, outcome: Outcome) -> None:
    """It learned from the sample alone and nobody predicted those rows by it; parts of the ensemble keep both."""
    rows = lighter.state.problem.rows
    held = Held(rows=rows, predictions=outcome.oofs)
    told = AllRows(shipped=True, rows=9 * rows.n, of=10 * rows.n, text="by chunks", held=rows.n)
    models = lighter.models(measured(replace(outcome, held=held, all_rows=told), 1.3), seconds=math.inf)
    for model in models:
        if "members" in model.name:
            assert model.outcome.all_rows == told
            assert len(model.outcome.unlearned(rows)[1]) == rows.n
            continue
        assert model.outcome.held is None
        assert model.outcome.all_rows is not None
        assert not model.outcome.all_rows.shipped
        assert model.outcome.all_rows.rows == rows.n
        np.testing.assert_array_equal(model.outcome.unlearned(rows)[1], model.outcome.oof)


def test_where_nothing_should_keep_the_limit_the_lightest_are_made(lighter: LighterModels, outcome: Outcome) -> None:
    """An estimate is no measurement."""
    models = list(lighter.models(measured(outcome, 1e6), seconds=math.inf))
    assert models
    assert all(model.limit_use > 1.0 for model in models)
    assert any(model.name.startswith("linear on 1 column") for model in models)


def test_a_search_that_was_stopped_trains_nothing_more(lighter: LighterModels, outcome: Outcome) -> None:
    """Neither does one that a signal stops now, nor one whose time is over; parts of the ensemble need no training."""
    lighter.state.stopped = "stopped by hand"
    assert all("members" in model.name for model in lighter.models(measured(outcome, 1.3), seconds=math.inf))
    lighter.state.stopped, lighter.state.run.stop.number = None, signal.SIGINT
    assert all("members" in model.name for model in lighter.models(measured(outcome, 1.3), seconds=math.inf))
    lighter.state.run.stop.number = None
    assert all("members" in model.name for model in lighter.models(measured(outcome, 1.3), seconds=0.0))


def test_the_time_for_them_is_what_is_left(lighter: LighterModels) -> None:
    """Without end where work is counted (R12); else what comes after them is set aside."""
    assert lighter.seconds() == math.inf
    spec = lighter.state.run.spec
    timed = spec.model_copy(update={"budget": spec.budget.model_copy(update={"trials": None})})
    lighter.state.run = replace(lighter.state.run, spec=timed)
    assert 0.0 <= lighter.seconds() < lighter.state.run.deadline.left()


def test_some_members_of_many_are_looked_at() -> None:
    """Of three every part; of eight each alone, and the heaviest ones together."""
    assert list(_choices(3)) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    many = list(_choices(8))
    assert many[:8] == [(place,) for place in range(8)]
    assert many[8:] == [tuple(range(count)) for count in range(2, 8)]


def test_the_teacher_is_the_best_there_is(lighter: LighterModels) -> None:
    """Its loss is looked at on the rows that it predicts."""
    partly = lighter.teacher.copy()
    partly[:100] = np.nan
    assert lighter.best == pytest.approx(-math.log(0.9))
    assert lighter.loss(partly) == pytest.approx(-math.log(0.9))
