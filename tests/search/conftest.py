"""A small problem, its spec and its run folder; and an executor on which time is simulated."""

from __future__ import annotations

import importlib
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.budget import Deadline
from automl.data.rows import Column, Rows, Schema
from automl.executors.base import Done, Job
from automl.progress import Listener, silent
from automl.search.begin import begin
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.search.state import State
from automl.spec import Spec, parse
from automl.task import Task

collect_ignore_glob = ["fake_learners/*", "failing_learners/*"]  # packages of learners, imported by name


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    for module in ("begin", "schedule.estimates"):  # what else runs here is no part of a test
        monkeypatch.setattr(f"automl.search.{module}.crowding", lambda: 1.0)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in {"fake_learners", "failing_learners"}]:
        del sys.modules[name]


@pytest.fixture
def make_spec() -> Callable[..., Spec]:
    def make(*, seconds: float = 60.0, learners: tuple[str, ...] = ("ridge",), **budget: object) -> Spec:
        return parse(
            {
                "objective": {"target": "y"},
                "budget": {"time": f"{seconds}s", "workers": 1, **budget},
                "recipe": {"folds": 4, "learners": list(learners), "engine": "random"},
                "report": {"html": False},
            }
        )

    return make


@pytest.fixture
def make_rows() -> Callable[..., tuple[Rows, Schema]]:
    """Two numbers, a category of eight levels, and a target that hangs on all three."""

    def make(n: int = 240, *, binary: bool = True, weighted: bool = False) -> tuple[Rows, Schema]:
        draw = np.random.default_rng(3)
        a, b, c = draw.normal(size=n), draw.normal(size=n), draw.integers(0, 8, n)
        signal = a - 0.5 * b + 0.4 * (c % 3) + draw.normal(scale=0.5, size=n)
        y = (signal > 0.4).astype(float) if binary else signal
        frame = pl.DataFrame({"a": a, "b": b, "c": [f"level {i}" for i in c]})
        columns = tuple(
            Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader={"name": name})
            for name, wire in (("a", "number"), ("b", "number"), ("c", "category"))
        )
        weight = np.where(y > np.median(y), 2.0, 1.0) if weighted else None
        return Rows(frame=frame, raw=frame, y=y, weight=weight), Schema(columns=columns)

    return make


@pytest.fixture
def make_problem(make_rows: Callable[..., tuple[Rows, Schema]]) -> Callable[..., Problem]:
    def make(spec: Spec, *, binary: bool = True, **how: object) -> Problem:
        rows, schema = make_rows(binary=binary, **how)
        task = Task(kind="binary", classes=2) if binary else Task(kind="regression")
        metric = "roc_auc" if binary else "rmse"
        return Problem.of(rows, schema, task, metric=metric, spec=spec, seed=0)

    return make


@pytest.fixture
def rundir(tmp_path: Path) -> Iterator[RunDir]:
    with RunDir.open(tmp_path / "x.run", identity={"spec": "s", "data": "d"}) as opened:
        yield opened


class SimulatedExecutor:
    """Runs jobs here and now, on a clock that only they advance: `price(job)` seconds each, one worker."""

    workers = 1

    def __init__(self, price: Callable[[Job], float]) -> None:
        self.price = price
        self.now = 0.0
        self.ran: list[Job] = []
        self._queue: deque[tuple[Job, float]] = deque()

    def clock(self) -> float:
        return self.now

    def submit(self, job: Job) -> None:
        self._queue.append((job, min(self.price(job), job.seconds)))

    def wait(self, seconds: float) -> tuple[Done, ...]:
        if not self._queue:
            return ()
        job, left = self._queue.popleft()
        if left > seconds:
            self.now += seconds
            self._queue.appendleft((job, left - seconds))
            return ()
        self.now += left
        price = self.price(job)
        if price > job.seconds:
            return (Done(id=job.id, status="timeout", detail="late", seconds=job.seconds),)
        self.ran.append(job)
        module, _, name = job.function.partition(":")
        try:
            value = getattr(importlib.import_module(module), name)(**job.arguments)
        except ValueError as error:
            return (Done(id=job.id, status="error", detail=str(error), seconds=price),)
        return (Done(id=job.id, status="ok", value=value, seconds=price),)

    def cancel(self) -> None:
        self._queue.clear()

    def close(self) -> None:
        self.cancel()


@pytest.fixture
def simulate() -> Callable[[Callable[[Job], float]], SimulatedExecutor]:
    return SimulatedExecutor


@pytest.fixture
def make_run(rundir: RunDir) -> Callable[..., Run]:
    """A run on simulated time, over the fake learners."""

    def make(
        spec: Spec,
        *,
        price: Callable[[Job], float] = lambda job: 1.0,
        listener: Listener = silent,
        learners: str = "fake_learners",
    ) -> Run:
        executor = SimulatedExecutor(price)
        return Run(
            spec=spec,
            deadline=Deadline.of(spec.budget.time, clock=executor.clock),
            executor=executor,
            folder=rundir,
            listener=listener,
            learners=learners,
        )

    return make


@pytest.fixture
def make_state(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]
) -> Callable[..., State]:
    """A search before its first candidate; `told` gathers what it says."""

    def make(
        *,
        told: list[str] | None = None,
        price: Callable[[Job], float] = lambda job: 1.0,
        package: str = "fake_learners",
        rows: int = 240,
        **said: object,
    ) -> State:
        spec = make_spec(**said)
        listener: Listener = silent if told is None else lambda event: told.append(event.text)
        return begin(make_problem(spec, n=rows), make_run(spec, price=price, listener=listener, learners=package))

    return make
