"""Folds fit the whole plan again, and what they share is written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl.data.rows import Rows, Schema
from automl.features.plan_fit import fit_plan, transform
from automl.search.problem import Floats, Matrices, Problem, between
from automl.search.rundir import RunDir
from automl.spec import Spec
from automl.task import Task


@pytest.fixture
def problem(make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]) -> Problem:
    return make_problem(make_spec(), n=400)


@pytest.mark.parametrize("first", [0, None])
def test_tables_are_the_plans_matrices(problem: Problem, rundir: RunDir, first: int | None) -> None:
    """Whichever table comes first: each has the out-of-fold values on its fit rows and the plan's on its valid rows."""
    matrices = Matrices(problem=problem, rundir=rundir)
    matrices.matrix(first)
    for number, fold in enumerate(problem.folds):
        rows = problem.rows.take(fold.fit)
        plan, values = fit_plan(rows, problem.schema, problem.task, problem.inner(rows), problem.seed)
        table = matrices.matrix(number)
        np.testing.assert_array_equal(table.fit().values, values)
        np.testing.assert_array_equal(table.fit().y, problem.rows.y[fold.fit])
        np.testing.assert_array_equal(table.valid().values, transform(plan, problem.rows.frame[fold.valid]))
        assert [info.name for info in table.features] == [feature.name for feature in plan.features]
    everything = matrices.matrix(None)
    _, values = fit_plan(problem.rows, problem.schema, problem.task, problem.inner(problem.rows), problem.seed)
    np.testing.assert_array_equal(everything.everything().values, values)


def test_shared_columns_are_written_once(problem: Problem, rundir: RunDir) -> None:
    """Plain numbers are the same in every fold: no fold has its own copy of them."""
    matrices = Matrices(problem=problem, rundir=rundir)
    for number in range(len(problem.folds)):
        table = matrices.matrix(number)
        names = [info.name for info in table.features]
        assert all(table.places[names.index(name)] >= 0 for name in ("a", "b"))


def test_parity_is_what_the_bundle_computes(problem: Problem, rundir: RunDir) -> None:
    """Parity rows are seen through the plan as any new row is, not out of fold."""
    matrices = Matrices(problem=problem, rundir=rundir)
    values = np.load(matrices.parity(None))
    expected = transform(matrices.plan(None), problem.rows.frame[problem.parity_rows])
    np.testing.assert_array_equal(values, expected)


def test_time_puts_the_last_fold_first(
    make_spec: Callable[..., Spec], make_rows: Callable[..., tuple[Rows, Schema]]
) -> None:
    """By time the fold with the most to learn from comes first: a holdout is the latest part."""
    rows, schema = make_rows(400)
    rows = replace(rows, time=np.arange(400) * 86_400e6)
    problem = Problem.of(rows, schema, Task(kind="binary", classes=2), metric="roc_auc", spec=make_spec(), seed=0)
    assert problem.folds[0].valid.max() == 399
    assert all(fold.fit.max() < fold.valid.min() for fold in problem.folds)
    assert [len(fold.fit) for fold in problem.folds] == sorted((len(fold.fit) for fold in problem.folds), reverse=True)


def test_windows_begin_elsewhere_in_a_repeat(
    make_spec: Callable[..., Spec], make_rows: Callable[..., tuple[Rows, Schema]]
) -> None:
    """A repeat by time looks ahead as the first does, at all its rows; where moments are few there may be none."""
    rows, schema = make_rows(400)

    def problem(time: Floats) -> Problem:
        by_time = replace(rows, time=time * 86_400e6)
        task = Task(kind="binary", classes=2)
        return Problem.of(by_time, schema, task, metric="roc_auc", spec=make_spec(), seed=0)

    many, few = problem(np.arange(400.0)), problem(np.arange(400.0) // 200)
    assert all(many.can_repeat(repeat) for repeat in range(1, 10))
    for repeat in range(1, 10):
        again = [many.fold(number) for number in range(4 * repeat, 4 * repeat + 4)]
        assert all(fold.fit.max() < fold.valid.min() for fold in again)
        assert set(np.concatenate([fold.valid for fold in again])) >= set(range(160, 400))
    assert not few.can_repeat(1)


def test_places_between_windows_are_spread() -> None:
    """However many repeats there are, they are about even."""
    assert [between(repeat) for repeat in range(8)] == [0, 1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8, 3 / 8, 7 / 8]


@pytest.mark.parametrize(("rows", "least"), [(2_000, 3), (40_000, 1)])
def test_a_small_window_of_time_does_not_judge_alone(
    make_spec: Callable[..., Spec], make_rows: Callable[..., tuple[Rows, Schema]], rows: int, least: int
) -> None:
    """A choice rests on three windows of time where each has few rows, on one of many rows where time is short."""
    given, schema = make_rows(n=rows)
    timed = replace(given, time=np.arange(rows, dtype=float))
    task = Task(kind="binary", classes=2)
    assert Problem.of(timed, schema, task, metric="roc_auc", spec=make_spec(), seed=0).least_folds == least


def test_groups_that_come_back_are_not_kept_whole_inside(
    make_spec: Callable[..., Spec], make_rows: Callable[..., tuple[Rows, Schema]]
) -> None:
    """By time a statistic of a group may look at the group's other rows; unseen groups, or no time, forbid it."""
    rows, schema = make_rows(400)
    group = np.arange(400) % 20
    later = replace(rows, time=np.arange(400) * 86_400e6, group=group)
    task = Task(kind="binary", classes=2)
    problem = Problem.of(later, schema, task, metric="roc_auc", spec=make_spec(), seed=0)
    assert all(np.isin(group[fold.valid], group[fold.fit]).all() for fold in problem.inner(later))
    for strict, kept in ((replace(problem, unseen_groups=True), later), (problem, replace(later, time=None))):
        assert not any(np.isin(group[fold.valid], group[fold.fit]).any() for fold in strict.inner(kept))


def test_search_is_on_a_proper_score(problem: Problem) -> None:
    """The metric asked for is reported, a proper score is minimised."""
    assert (problem.metric.name, problem.loss.name) == ("roc_auc", "log_loss")
