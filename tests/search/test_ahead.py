"""Models of earlier windows predict later rows, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl.data.rows import Rows
from automl.search.ahead import looked_ahead, rows_ahead
from automl.search.begin import begin
from automl.search.collect import close
from automl.search.loop import _explore
from automl.search.problem import Problem
from automl.search.run import Run
from automl.spec import Spec
from automl.task import Task

HOUR = 3_600e6


@pytest.fixture
def by_time(make_rows: Callable[..., tuple[Rows, object]]) -> Callable[..., Problem]:
    """A problem of 240 rows, one for each hour; of two groups that come in turn."""

    def make(spec: Spec, *, unseen: bool = False) -> Problem:
        rows, schema = make_rows()
        rows = replace(rows, time=np.arange(240) * HOUR, group=np.arange(240) % 2 if unseen else None)
        task = Task(kind="binary", classes=2)
        problem = Problem.of(rows, schema, task, metric="roc_auc", spec=spec, seed=0)  # type: ignore[arg-type]  # of the fixture
        return replace(problem, unseen_groups=unseen)

    return make


def test_rows_after_a_window_are_later_than_it(by_time: Callable[..., Problem], make_spec: Callable[..., Spec]) -> None:
    """The last window has none; the first one sees all windows after it, each row once."""
    problem = by_time(make_spec())
    assert rows_ahead(problem, 0) is None
    for number, fold in enumerate(problem.folds[1:], start=1):
        rows = rows_ahead(problem, number)
        assert rows is not None
        assert rows.tolist() == list(range(fold.valid.max() + 1, 240))


def test_without_time_nothing_is_later(make_problem: Callable[..., Problem], make_spec: Callable[..., Spec]) -> None:
    """Folds by chance have no order."""
    problem = make_problem(make_spec())
    assert [rows_ahead(problem, fold) for fold in range(4)] == [None] * 4


def test_groups_that_were_learned_are_no_new_ones(
    by_time: Callable[..., Problem], make_spec: Callable[..., Spec]
) -> None:
    """Where groups at work are new, what a model knows of a group does not count."""
    problem = by_time(make_spec(), unseen=True)
    learned = problem.rows.group[problem.folds[-1].fit]  # type: ignore[index]  # it has groups
    rows = rows_ahead(problem, len(problem.folds) - 1)
    assert rows is None or not np.isin(problem.rows.group[rows], learned).any()  # type: ignore[index]  # it has groups


def test_members_tell_what_they_predicted_ahead(
    by_time: Callable[..., Problem], make_spec: Callable[..., Spec], make_run: Callable[..., Run]
) -> None:
    """Beside what their newer models say of the same rows; a row stands there once for each older model."""
    spec = make_spec(trials=2)
    state = begin(by_time(spec), make_run(spec))
    _explore(state)
    close(state)
    members = [one for one in state.ready if one.learner.name == "ridge"][:1]
    found = looked_ahead(state.problem, state.run.folder, members, state.fidelity.folds)
    assert found is not None
    assert len(found.rows) == sum(len(rows_ahead(state.problem, fold)) for fold in (1, 2, 3))  # type: ignore[arg-type]  # there are some
    assert found.predictions[0].shape == found.fresh[0].shape == (len(found.rows), 1)
    assert not np.isnan(found.fresh[0]).any()
    assert not np.array_equal(found.predictions[0], found.fresh[0])
    assert (state.problem.rows.time[found.rows] > found.begun).all()  # type: ignore[index]  # it has times
