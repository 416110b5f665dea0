"""The search over features finds what is planted, leaves noise out, and ends in time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.budget import Deadline
from automl.data.rows import Column, Rows, Schema
from automl.executors.base import Backend, Executor
from automl.features.base import Ask
from automl.progress import silent
from automl.registry import Registry
from automl.search.feature_search.columns import nodes
from automl.search.feature_search.search import choose_features, recorded
from automl.search.problem import Matrices, Problem
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.spec import Spec, parse
from automl.task import Task


@pytest.fixture
def executor() -> Iterator[Executor]:
    made = Registry("automl.executors", Backend, "executor").get("inline").start(workers=1)
    yield made
    made.close()


def spec_of(**said: object) -> Spec:
    return parse({"objective": {"target": "y"}, "budget": {"time": "60s", "trials": 1}, "recipe": said})


def problem_of(signal: Callable[[dict[str, np.ndarray]], np.ndarray], n: int = 1_500) -> Problem:
    """Three numbers and two categories of which `signal` makes a logit."""
    draw = np.random.default_rng(0)
    values = {name: draw.normal(3, 1, n) for name in ("a", "b", "x")}
    levels = {name: draw.integers(0, 12, n) for name in ("c", "d")}
    logit = signal(values | levels)
    y = (draw.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    frame = pl.DataFrame(values | {name: [f"level {i}" for i in level] for name, level in levels.items()})
    columns = tuple(
        Column(
            name=name,
            wire="number" if name in values else "category",
            role="feature",
            reason="",
            is_feature=True,
            reader={},
        )
        for name in frame.columns
    )
    rows = Rows(frame=frame, raw=frame, y=y)
    task = Task(kind="binary", classes=2)
    return Problem.of(rows, Schema(columns=columns), task, metric="roc_auc", spec=spec_of(folds=3), seed=0)


def choose(
    problem: Problem,
    executor: Executor,
    path: Path,
    spec: Spec | None = None,
    *,
    resume: bool = False,
    clock: Callable[[], float] = lambda: 0.0,
) -> tuple[tuple[Ask, ...], list[dict[str, object]]]:
    spec = spec or spec_of(folds=3)
    with RunDir.open(path, identity={"spec": "s"}, resume=resume) as rundir:
        deadline = Deadline.of(spec.budget.time, clock=clock)
        run = Run(spec=spec, deadline=deadline, executor=executor, folder=rundir, listener=silent)
        found = choose_features(problem, run)
    with RunDir.open(path, identity={"spec": "s"}, resume=True) as rundir:
        groups = [group for line in rundir.records for group in line["groups"]]  # type: ignore[attr-defined]
    return found.asks, groups


def ratio(v: dict[str, np.ndarray]) -> np.ndarray:
    return 14 * (v["a"] / v["b"] > 1.0) - 7.0


def checkerboard(v: dict[str, np.ndarray]) -> np.ndarray:
    return np.where((v["c"] * 7 + v["d"] * 5) % 12 < 6, 3.0, -3.0)


@pytest.fixture(scope="module")
def of_ratio(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Ask, ...], list[dict[str, object]]]:
    """The folder of a search whose target hangs on a ratio, and what it found; look, don't touch."""
    path = tmp_path_factory.mktemp("ratio") / "x.run"
    made = Registry("automl.executors", Backend, "executor").get("inline").start(workers=1)
    try:
        return (path, *choose(problem_of(ratio), made, path))
    finally:
        made.close()


def test_a_planted_ratio_is_found(of_ratio: tuple[Path, tuple[Ask, ...], list[dict[str, object]]]) -> None:
    """Where the target hangs on a ratio, arithmetic on those two columns is kept, and said to gain."""
    _, asks, groups = of_ratio
    assert {"a", "b"} in [set(ask.columns) for ask in asks if ask.step == "arithmetic"]
    told = next(group for group in groups if group["name"] == "arithmetic")
    assert told["kept"]
    assert told["gain"] > 0.05
    assert "less loss" in told["text"]


def test_a_planted_crossing_is_found(executor: Executor, tmp_path: Path) -> None:
    """Where the target hangs on two categories together, their crossing is kept."""
    asks, _ = choose(problem_of(checkerboard), executor, tmp_path / "x.run")
    assert Ask(step="crossing", columns=("c", "d")) in [
        replace(ask, columns=tuple(sorted(ask.columns))) for ask in asks
    ]


def test_a_crossing_that_is_rare_on_the_probed_rows_is_found(
    executor: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps are fitted on more rows than are probed: of 144 combinations each has four among these, sixty in all."""
    problem = problem_of(checkerboard, n=9_000)
    monkeypatch.setattr("automl.search.feature_search.probe_rows.ROWS", 600)
    monkeypatch.setattr("automl.search.feature_search.probe_rows.MOST_ROWS", 600)

    def gain(name: str) -> float:
        _, groups = choose(problem, executor, tmp_path / name)
        return float(str(next(group["gain"] for group in groups if group["name"] == "crossing")))

    assert gain("x.run") > 0.5
    monkeypatch.setattr("automl.search.feature_search.probe_rows.FITTED_ROWS", 0)
    assert gain("y.run") < 0.3


def test_a_planted_ending_is_found(executor: Executor, tmp_path: Path) -> None:
    """Names that are all different, and a target that hangs on how they end: their pieces are kept."""
    problem, draw = problem_of(lambda v: np.zeros(len(v["a"]))), np.random.default_rng(4)
    letters = draw.choice(list("abcdefghij"), size=(problem.rows.n, 6))
    ends = draw.choice(["son", "sen", "ski", "ova"], size=problem.rows.n)
    frame = problem.rows.frame.with_columns(
        name=pl.Series([f"{''.join(a)}{b}" for a, b in zip(letters, ends, strict=True)])
    )
    y = (draw.random(problem.rows.n) < np.where(np.isin(ends, ["son", "ova"]), 0.85, 0.15)).astype(float)
    name = Column(name="name", wire="text", role="feature", reason="", is_feature=True, reader={})
    named = Problem.of(
        Rows(frame=frame, raw=frame, y=y),
        Schema(columns=(*problem.schema.columns, name)),
        problem.task,
        metric="roc_auc",
        spec=spec_of(folds=3),
        seed=0,
    )
    asks, groups = choose(named, executor, tmp_path / "x.run")
    assert Ask(step="characters", columns=("name",)) in asks
    assert next(group["gain"] for group in groups if group["name"] == "characters") > 0.1


def test_a_planted_direction_is_found(executor: Executor, tmp_path: Path) -> None:
    """Where the target hangs on a slant across the map, the turned axes outweigh their copies and are kept.

    Beside eighteen permuted copies they would seem to gain nothing.
    """
    problem = problem_of(lambda v: 4.0 * np.sign(np.sin(4.0 * (v["a"] + v["b"]))))
    pairs = {"a": ("latitude", "b"), "b": ("longitude", "a")}
    columns = tuple(
        replace(column, sense=pairs[column.name][0], pair=pairs[column.name][1]) if column.name in pairs else column
        for column in problem.schema.columns
    )
    asks, groups = choose(replace(problem, schema=Schema(columns=columns)), executor, tmp_path / "x.run")
    assert Ask(step="coordinates", columns=("a", "b")) in asks
    assert next(group["gain"] for group in groups if group["name"] == "coordinates") > 0.2


def over_time(problem: Problem, *, drift: float) -> Problem:
    """The problem with a time of each row, as one more column; over it the share of positives grows by `drift`."""
    n = problem.rows.n
    time = np.linspace(0.0, 3e14, n)
    y = (np.random.default_rng(1).random(n) < 0.3 + drift * np.linspace(0.0, 1.0, n)).astype(float)
    frame = problem.rows.frame.with_columns(at=pl.Series(time))
    at = Column(name="at", wire="date", role="time", reason="", is_feature=True, reader={})
    rows = Rows(frame=frame, raw=frame, y=y, time=time)
    schema = Schema(columns=(*problem.schema.columns, at))
    return Problem.of(rows, schema, problem.task, metric="roc_auc", spec=spec_of(folds=5), seed=0)


@pytest.mark.parametrize(("drift", "kept"), [(0.6, True), (0.0, False)], ids=["it moves", "it stays"])
def test_a_trend_has_to_earn_its_place(executor: Executor, tmp_path: Path, *, drift: float, kept: bool) -> None:
    """Where the target moves with time its growing parts are kept; a minute is enough to try them, and them alone."""
    minute = parse({"objective": {"target": "y"}, "budget": {"time": "60s"}, "recipe": {"folds": 5}})
    problem = over_time(problem_of(ratio, n=6_000), drift=drift)
    asks, groups = choose(problem, executor, tmp_path / "x.run", minute)
    assert [group["name"] for group in groups] == ["trend"]
    assert (Ask(step="trend", columns=("at",)) in asks) is kept


@pytest.mark.parametrize(("follows", "kept"), [(True, False), (False, True)], ids=["it grows", "it stays"])
def test_what_follows_the_time_is_not_combined(
    executor: Executor, tmp_path: Path, *, follows: bool, kept: bool
) -> None:
    """A number that grows from row to row says when; hidden in a ratio it would gain on every window."""
    problem = problem_of(ratio)
    order = problem.rows.frame["a"].arg_sort().to_numpy() if follows else np.arange(problem.rows.n)
    rows = replace(problem.rows.take(order), time=np.linspace(0.0, 3e14, problem.rows.n))
    timed = Problem.of(rows, problem.schema, problem.task, metric="roc_auc", spec=spec_of(folds=5), seed=0)
    asks, _ = choose(timed, executor, tmp_path / "x.run")
    assert any("a" in ask.columns for ask in asks) is kept


def test_nothing_is_kept_for_a_random_target(executor: Executor, tmp_path: Path) -> None:
    """Noise gains nothing: no group is kept, each is told with why."""
    asks, groups = choose(problem_of(lambda v: np.zeros(len(v["a"]))), executor, tmp_path / "x.run")
    assert asks == ()
    assert groups
    assert all(str(group["text"]).endswith("left out") for group in groups)


def test_the_choice_is_the_same_twice_and_when_resumed(
    executor: Executor, tmp_path: Path, of_ratio: tuple[Path, tuple[Ask, ...], list[dict[str, object]]]
) -> None:
    """With counted work two runs choose alike; a resumed run takes what its journal says, and probes nothing."""
    path, first, _ = of_ratio
    second, _ = choose(problem_of(ratio), executor, tmp_path / "y.run")
    assert first == second
    shutil.copytree(path, tmp_path / "x.run")
    again, groups = choose(problem_of(checkerboard), executor, tmp_path / "x.run", resume=True)
    assert again == first
    assert len({str(group["name"]) for group in groups}) == len(groups)


def test_what_is_not_asked_for_is_not_done(executor: Executor, tmp_path: Path) -> None:
    """A share of 0, or one too short to be of use, leaves the plan as it is; so do fewer rows than tell anything."""
    off = spec_of(folds=3, feature_search=0)
    assert choose(problem_of(ratio), executor, tmp_path / "x.run", off) == ((), [])
    short = parse({"objective": {"target": "y"}, "budget": {"time": "10s"}, "recipe": {"folds": 3}})
    assert choose(problem_of(ratio), executor, tmp_path / "x.run", short) == ((), [])
    assert choose(problem_of(ratio, n=200), executor, tmp_path / "x.run") == ((), [])


def test_few_fits_leave_no_time_for_it(executor: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R10: where a booster takes a good part of the time, the search is left to the learners, but for the trend."""
    monkeypatch.setattr("automl.search.feature_search.search.usual_fit", lambda problem: 150.0)
    ample = parse({"objective": {"target": "y"}, "budget": {"time": "5min"}, "recipe": {"folds": 5}})
    assert choose(problem_of(ratio), executor, tmp_path / "x.run", ample) == ((), [])
    _, groups = choose(over_time(problem_of(ratio, n=6_000), drift=0.6), executor, tmp_path / "y.run", ample)
    assert [group["name"] for group in groups] == ["trend"]


def test_categories_that_carry_the_table_are_crossed_in_little_time(executor: Executor, tmp_path: Path) -> None:
    """A minute is enough to cross them, and nothing else is tried; where numbers carry it, not even that."""
    minute = parse({"objective": {"target": "y"}, "budget": {"time": "60s"}, "recipe": {"folds": 5}})
    asks, groups = choose(problem_of(checkerboard, n=3_000), executor, tmp_path / "x.run", minute)
    assert [group["name"] for group in groups] == ["crossing"]
    assert [set(ask.columns) for ask in asks] == [{"c", "d"}]
    assert choose(problem_of(ratio, n=3_000), executor, tmp_path / "y.run", minute) == ((), [])


def test_a_limit_on_the_latency_leaves_groups_out(executor: Executor, tmp_path: Path) -> None:
    """What further features would take of a row's time counts: under a strict limit nothing is even tried."""
    strict = parse(
        {
            "objective": {"target": "y"},
            "budget": {"time": "60s", "trials": 1},
            "recipe": {"folds": 3},
            "limits": {"latency_p99": "0.005ms"},
        }
    )
    assert choose(problem_of(ratio), executor, tmp_path / "x.run", strict) == ((), [])


def test_the_time_for_it_ends(executor: Executor, tmp_path: Path) -> None:
    """When its share of the time is over, what has been found so far stands and the run goes on."""
    ticks = iter(range(0, 1_000_000, 6))
    timed = parse({"objective": {"target": "y"}, "budget": {"time": "60s"}, "recipe": {"folds": 3}})
    asks, groups = choose(problem_of(ratio), executor, tmp_path / "x.run", timed, clock=lambda: float(next(ticks)))
    assert asks == ()
    assert groups == []


def test_the_whole_plan_is_fitted_again_in_each_fold(executor: Executor, tmp_path: Path) -> None:
    """With a random target, a crossing of categories unique to some rows has an out-of-fold AUC of 0.5 in each fold."""
    from automl.metrics import get, score

    problem = problem_of(lambda v: np.zeros(len(v["a"])), n=4_000)
    draw = np.random.default_rng(1)
    pairs = pl.DataFrame({name: [f"k{i}" for i in draw.integers(0, 28, problem.rows.n)] for name in ("c", "d")})
    frame = problem.rows.frame.with_columns(pairs)
    rows = replace(problem.rows, frame=frame, raw=frame)
    asked = replace(problem, rows=rows, asks=(Ask(step="crossing", columns=("c", "d")),))
    with RunDir.open(tmp_path / "x.run", identity={}) as rundir:
        matrices = Matrices(problem=asked, rundir=rundir)
        for number in range(len(asked.folds)):
            table = matrices.matrix(number)
            j = [info.name for info in table.features].index("c x d: share of positives")
            for part in (table.fit(), table.valid()):
                error = 4 / np.sqrt(3 * len(part.y))
                assert score(get("roc_auc"), part.y, part.values[:, [j]]) == pytest.approx(0.5, abs=error)


def test_a_journal_without_features_says_nothing() -> None:
    """A run of before, or one stopped too early, has no line about features."""
    assert recorded([{"kind": "trial"}]) is None
    assert recorded([{"kind": "features", "groups": []}]) == ()


def test_operations_are_counted_without_leaves() -> None:
    """The cost of serving counts what the graph computes."""
    from automl.ops import expr as ops

    a = ops.Column("a")
    assert nodes([ops.Add(a, ops.constant(1.0)), a]) == 1
