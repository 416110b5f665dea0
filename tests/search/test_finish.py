"""The refits at the end of a search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from automl.budget import Deadline
from automl.executors.base import Job
from automl.learners.base import Learner
from automl.learners.linear import LINEAR
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


@pytest.mark.parametrize(
    ("slow", "untried"),
    [
        ({"linear": 1e3, "lightgbm": 1e3}, "the time ended before anything but the constant was tried"),
        ({"lightgbm": 1e3}, None),
        ({}, None),
    ],
    ids=["nothing in time", "a linear model in time", "all in time"],
)
def test_a_constant_for_want_of_time_is_told(
    make_spec: Callable[..., Spec],
    make_problem: Callable[..., Problem],
    make_run: Callable[..., Run],
    slow: dict[str, float],
    untried: str | None,
) -> None:
    """Where the time ended before anything but the constant was tried the outcome says so; else there is no word."""
    spec = make_spec(seconds=20.0, learners=("lightgbm",))

    def price(job: Job) -> float:
        return slow.get(job.arguments["request"].learner, 1.0)

    found = search(make_problem(spec), make_run(spec, price=price, learners="automl.learners")).outcome
    assert found.untried == untried
    assert ({member.learner for member in found.members} == {"constant"}) == (untried is not None)


def test_a_constant_after_failures_is_no_want_of_time(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]
) -> None:
    """Where every other learner failed by itself, more time would change nothing."""
    spec = make_spec(seconds=60.0, learners=("constant",))
    run = make_run(spec, learners="automl.learners")
    broken = Learner(**{field: getattr(LINEAR, field) for field in LINEAR.__dataclass_fields__} | {"fit": _raises})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("automl.learners.linear.LINEAR", broken)
        found = search(make_problem(spec), run).outcome
    assert {trial.learner: trial.status for trial in found.board.trials} == {"constant": "ok", "linear": "error"}
    assert found.untried is None


def _raises(*_: object, **__: object) -> None:
    raise ValueError("broken")
