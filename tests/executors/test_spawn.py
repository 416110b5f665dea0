"""The spawning executor holds what the forking one holds, in fresh interpreters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import asking
import pytest
from asking import GB, eventually, gone

from automl.executors.base import Job
from automl.executors.local import LOCAL
from automl.executors.spawn import SpawnExecutor

HERE = Path(__file__).parent
job = partial(asking.job, seconds=60.0)  # its first one imports what it needs
gather = partial(asking.gather, seconds=60.0)


@pytest.fixture(scope="module")
def executor() -> Iterator[SpawnExecutor]:
    """One for all claims: starting a worker takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        started = SpawnExecutor(workers=2)
        yield started
        started.close()


def test_memory(executor: SpawnExecutor) -> None:
    """R01: a job that allocates past its limit is killed and recorded as `memory`; the next one runs."""
    executor.submit(job(0, "eat", memory=400_000_000))
    executor.submit(job(1, "double", x=1.0))
    found = gather(executor, 2)
    assert found[0].status == "memory"
    assert "400 MB allowed" in found[0].detail
    assert found[1].value == 2.0


def test_hang(executor: SpawnExecutor, tmp_path: Path) -> None:
    """R02: a job that hangs is killed at its deadline with all that it has started."""
    executor.submit(job(0, "leave_child", seconds=3.0, path=str(tmp_path / "pid")))
    assert gather(executor, 1)[0].status == "timeout"
    child = int((tmp_path / "pid").read_text())
    assert eventually(lambda: gone(child))


def test_crash(executor: SpawnExecutor) -> None:
    """R15: a job that dies is told with what it printed last, and its worker is replaced."""
    executor.submit(job(0, "crash"))
    executor.submit(job(1, "double", x=2.0))
    found = gather(executor, 2)
    assert found[0].status == "crashed"
    assert "last words" in found[0].detail
    assert found[1].value == 4.0


def test_cancelled_jobs_never_answer(executor: SpawnExecutor) -> None:
    """What is under way or waits is forgotten; what comes next runs."""
    for number in range(4):
        executor.submit(Job(id=number, function="jobs:nap", arguments={"seconds": 60.0}, seconds=60.0, memory=GB))
    executor.cancel()
    executor.submit(job(9, "double", x=3.0))
    assert set(gather(executor, 1)) == {9}


def test_the_local_executor_spawns_where_nothing_can_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fork `local` is this one, so a spec need not know the system."""
    monkeypatch.delattr(os, "fork")
    started = LOCAL.start(workers=1)
    assert isinstance(started, SpawnExecutor)
    started.close()
