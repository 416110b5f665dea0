"""The local executor survives what jobs, its helper and its parent do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import eventually, gather, gone, job

from automl.executors.local import LocalExecutor
from automl.host.processes import family, leaves

HERE = Path(__file__).parent
SCRIPT = """
import sys, time
sys.path[:0] = [{root!r}, {here!r}]
from automl.executors.base import Job
from automl.executors.local import LocalExecutor
executor = LocalExecutor(workers=1, preload=())
executor.submit(Job(id=0, function="jobs:{function}", arguments={arguments!r}, seconds=60.0, memory=1 << 30))
print(executor.wait({wait})[0].value, flush=True)
"""


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    monkeypatch.syspath_prepend(str(HERE))
    started = LocalExecutor(workers=2, preload=())
    yield started
    started.close()


def test_memory(executor: LocalExecutor) -> None:
    """R01: a job that allocates past its limit is killed and recorded as `memory`; the next one runs."""
    executor.submit(job(0, "eat", memory=200_000_000))
    executor.submit(job(1, "double", x=1.0))
    found = gather(executor, 2)
    assert found[0].status == "memory"
    assert "200 MB allowed" in found[0].detail
    assert found[0].memory > 200_000_000
    assert found[1].value == 2.0


def test_hang(executor: LocalExecutor, tmp_path: Path) -> None:
    """R02: a job that hangs is killed at its deadline with all that it has started."""
    executor.submit(job(0, "leave_child", seconds=1.0, path=str(tmp_path / "pid")))
    found = gather(executor, 1)
    assert (found[0].status, found[0].detail) == ("timeout", "stopped after 1.0 s")
    child = int((tmp_path / "pid").read_text())
    assert eventually(lambda: gone(child))


def test_segfault(executor: LocalExecutor) -> None:
    """R03: a job that dies of a signal is recorded as `crashed` with the signal and its last line."""
    executor.submit(job(0, "crash"))
    executor.submit(job(1, "double", x=1.0))
    found = gather(executor, 2)
    assert (found[0].status, found[0].detail) == ("crashed", "died of SIGSEGV: last words")
    assert found[1].status == "ok"


def test_forks_come_from_a_single_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """R13: after preloading everything the helper has one thread and no polars; each job leads its own group."""
    monkeypatch.syspath_prepend(str(HERE))
    full = LocalExecutor(workers=1)
    try:
        full.submit(job(0, "environment"))
        assert gather(full, 1)[0].status == "ok"
        threads = Path(f"/proc/{full._process.pid}/task")
        assert eventually(lambda: _loaded(full))
        assert len(list(threads.iterdir())) == 1
        full.submit(job(1, "environment"))
        seen = gather(full, 1)[1].value
        assert seen == {"polars": False, "threads": 1, "omp": "1", "leader": True}
    finally:
        full.close()


def test_helper_dies_once(executor: LocalExecutor, tmp_path: Path) -> None:
    """R15: when the helper dies its jobs are started once more, and jobs that only waited run as if nothing was."""
    executor.submit(job(0, "kill_helper_once", path=str(tmp_path / "marker")))
    for number in range(1, 5):
        executor.submit(job(number, "double", x=float(number)))
    found = gather(executor, 5)
    assert found[0].value == "second attempt"
    assert {found[n].value for n in range(1, 5)} == {2.0, 4.0, 6.0, 8.0}


def test_helper_dies_twice(executor: LocalExecutor) -> None:
    """R15: a job under which the helper dies a second time is counted as crashed; others go on."""
    executor.submit(job(0, "kill_helper"))
    found = gather(executor, 1)
    assert found[0].status == "crashed"
    assert "died twice" in found[0].detail
    executor.submit(job(1, "double", x=1.0))
    assert gather(executor, 1)[1].value == 2.0


def test_close_ends_all(executor: LocalExecutor, tmp_path: Path) -> None:
    """`close` leaves no process behind, not even under a running job."""
    executor.submit(job(0, "leave_child", path=str(tmp_path / "pid")))
    assert eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    child, helper = int((tmp_path / "pid").read_text()), executor._process.pid
    executor.close()
    assert gone(helper)
    assert eventually(lambda: gone(child))


def test_parent_dies(tmp_path: Path) -> None:
    """R04: after kill -9 of the parent neither the helper nor its jobs live on."""
    code = _script("leave_child", {"path": str(tmp_path / "pid")}, wait=60)
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    assert eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    child = int((tmp_path / "pid").read_text())
    job_pid = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    helper = int(Path(f"/proc/{job_pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert eventually(lambda: gone(helper) and gone(job_pid))
    assert eventually(lambda: gone(child))


@pytest.mark.parametrize("how", ["file", "-c", "stdin"])
def test_no_main_guard(how: str, tmp_path: Path) -> None:
    """The executor works below a script without a main guard, ``python -c`` and a piped session."""
    code = _script("double", {"x": 21.0}, wait=30)
    script = tmp_path / "script.py"
    script.write_text(code)
    command = {"file": [str(script)], "-c": ["-c", code], "stdin": ["-"]}[how]
    ran = subprocess.run(
        [sys.executable, *command], input=code, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("42.0\n", "", 0)


def _script(function: str, arguments: dict[str, object], *, wait: int) -> str:
    root = str(HERE.parent.parent)
    return SCRIPT.format(root=root, here=str(HERE), function=function, arguments=arguments, wait=wait)


def _loaded(executor: LocalExecutor) -> bool:
    maps = Path(f"/proc/{executor._process.pid}/maps").read_text()
    return "libxgboost" in maps


def test_leaves_are_those_that_compute() -> None:
    """R10: who only waits for what it has started is no leaf of its family."""
    with subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"]) as shell:
        try:
            deadline = time.monotonic() + 30.0
            while len(family(shell.pid)) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert leaves(shell.pid) == family(shell.pid)[1:]
        finally:
            for pid in reversed(family(shell.pid)):
                os.kill(pid, signal.SIGKILL)
