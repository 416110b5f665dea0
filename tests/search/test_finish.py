"""The refits at the end of a search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from automl.budget import Deadline
from automl.executors.base import Job
from automl.progress import silent
from automl.search.leaderboard import Outcome
from automl.search.loop import search
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.search.worker import fold_fit
from automl.search.worker.fold_fit import FitRequest, FittedModel
from automl.search.worker.model_size import ModelSize
from automl.spec import Spec

Executor = Any  # the simulated one of conftest


def outcome(problem: Problem, spec: Spec, rundir: RunDir, executor: Executor) -> Outcome:
    """Of a search over the fake learners."""
    run = Run(
        spec=spec,
        deadline=Deadline.of(spec.budget.time, clock=executor.clock),
        executor=executor,
        folder=rundir,
        listener=silent,
        learners="fake_learners",
    )
    return search(problem, run).outcome


def refits(problem: Problem, spec: Spec, rundir: RunDir, executor: Executor) -> list[tuple[str, int]]:
    """Learner and seed of each refit."""
    outcome(problem, spec, rundir, executor)
    requests = [job.arguments["request"] for job in executor.ran if job.function.endswith(":refit")]
    return [(request.learner, request.seed) for request in requests]


@pytest.mark.parametrize(("members", "fits"), [(4, 3), (2, 2), (1, 1)])
def test_few_rows_are_refitted_several_times(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    rundir: RunDir,
    simulate: Callable[[Callable[[Job], float]], Executor],
    members: int,
    fits: int,
) -> None:
    """A member is the mean of fits with other seeds, three at most and no more than the recipe has members."""
    spec = make_spec(trials=2)
    spec = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"members": members})})
    done = refits(make_problem(spec), spec, rundir, simulate(lambda job: 0.5))
    seeds = [seed for learner, seed in done if learner == "ridge"]
    assert len(seeds) == len(set(seeds)) == fits
    assert len([learner for learner, _ in done if learner == "mean"]) == 1  # a baseline has no luck


@pytest.mark.parametrize(
    ("nodes", "size"), [(20_000.0, 1_000_000), (100_000.0, None)], ids=["a limit is set", "it is heavy"]
)
def test_a_heavy_member_is_fitted_once(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    rundir: RunDir,
    simulate: Callable[[Callable[[Job], float]], Executor],
    monkeypatch: pytest.MonkeyPatch,
    nodes: float,
    size: int | None,
) -> None:
    """Where the mean of two fits would be too large there is one; without a limit megabytes are too large, too."""
    monkeypatch.setattr("automl.search.worker.fold_fit.model_size", lambda expr: ModelSize(nodes=nodes))
    spec = make_spec(trials=2)
    spec = spec.model_copy(update={"limits": spec.limits.model_copy(update={"size": size})})
    done = refits(make_problem(spec), spec, rundir, simulate(lambda job: 0.5))
    assert [learner for learner, _ in done if learner == "ridge"] == ["ridge"]


def test_no_time_for_further_fits(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    rundir: RunDir,
    simulate: Callable[[Callable[[Job], float]], Executor],
) -> None:
    """Refits that would take most of what is left are not repeated."""
    spec = make_spec(seconds=60.0)
    done = refits(make_problem(spec), spec, rundir, simulate(lambda job: 5.0))
    assert len(done) == len(set(done))
    assert len([seed for learner, seed in done if learner == "ridge"]) <= 2


@pytest.mark.parametrize(("short", "shipped"), [((100.0,), {1.0}), ((100.0, 1.0), {100.0, 1.0})], ids=["one", "all"])
def test_a_refit_that_was_cut_short_is_left_out(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    rundir: RunDir,
    simulate: Callable[[Callable[[Job], float]], Executor],
    monkeypatch: pytest.MonkeyPatch,
    short: tuple[float, ...],
    shipped: set[float],
) -> None:
    """R10: a booster that got to one of its seven rounds is no member, unless none got further."""
    real = fold_fit.refit

    def refit(*, request: FitRequest) -> FittedModel:
        fitted = real(request=request)
        cut = request.params.get("l2") in short
        return replace(fitted, member=replace(fitted.member, rounds=1)) if cut else fitted

    monkeypatch.setattr("automl.search.worker.fold_fit.refit", refit)
    monkeypatch.setattr(
        "automl.search.ensemble.membership.weights", lambda state, pool, **_: dict.fromkeys(state.whole[1:], 0.5)
    )
    spec = make_spec(trials=2)
    found = outcome(make_problem(spec), spec, rundir, simulate(lambda job: 0.5))
    assert {member.params["l2"] for member in found.members} == shipped
    assert sum(found.weights) == pytest.approx(1.0)
