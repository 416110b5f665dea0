"""A real local Ray survives what jobs and its workers do, and nobody else can reach it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from automl.executors.base import Done, Job
from automl.executors.ray import RayExecutor, _token

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: pip install 'automl[ray]'")

GB = 1 << 30


@pytest.fixture(scope="module")
def executor() -> Iterator[RayExecutor]:
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(Path(__file__).parent))
        started = RayExecutor(workers=2)
        yield started
        started.close()


def job(number: int, name: str, *, seconds: float = 60.0, memory: int = GB, **arguments: object) -> Job:
    return Job(id=number, function=f"jobs:{name}", arguments=arguments, seconds=seconds, memory=memory)


def gather(executor: RayExecutor, count: int) -> dict[int, Done]:
    found: dict[int, Done] = {}
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        found |= {done.id: done for done in executor.wait(0.5)}
    return found


def test_only_this_machine_can_reach_it(executor: RayExecutor) -> None:
    """R14: every port that Ray listens on is a loopback one, and no dashboard answers."""
    executor.submit(job(0, "double", x=1.0))
    gather(executor, 1)
    me = psutil.Process()
    listening = [
        (process.name(), connection.laddr.ip)
        for process in (me, *me.children(recursive=True))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert {address.removeprefix("::ffff:") for _, address in listening} <= {"127.0.0.1", "::1"}
    assert not any("dashboard" in name.lower() for name, _ in listening)


def test_killed_worker(executor: RayExecutor, tmp_path: Path) -> None:
    """R15: a job whose worker is killed is started once more, and others go on."""
    executor.submit(job(0, "kill_helper_once", path=str(tmp_path / "marker")))
    for number in range(1, 5):
        executor.submit(job(number, "double", x=float(number)))
    found = gather(executor, 5)
    assert found[0].value == "second attempt"
    assert {found[n].value for n in range(1, 5)} == {2.0, 4.0, 6.0, 8.0}


def test_killed_actor(executor: RayExecutor, tmp_path: Path) -> None:
    """R15: so is one whose process of Ray is killed, which held the helper."""
    executor.submit(job(0, "kill_holder_once", path=str(tmp_path / "marker")))
    assert gather(executor, 1)[0].value == "second attempt"


def test_job_that_crashes(executor: RayExecutor) -> None:
    """R03: a job that ends its process is counted as crashed, in its last words; the next one runs."""
    executor.submit(job(0, "crash"))
    found = gather(executor, 1)
    assert (found[0].status, found[0].detail) == ("crashed", "died of SIGSEGV: last words")
    executor.submit(job(1, "double", x=1.0))
    assert gather(executor, 1)[1].value == 2.0


def test_the_token_is_its_own(executor: RayExecutor) -> None:
    """R14: nobody without the token of this run is served by the Ray that it has started."""
    executor.submit(job(0, "environment"))
    gather(executor, 1)
    held = [process.environ() for process in psutil.Process().children(recursive=True) if process.name() == "raylet"]
    assert held
    assert {(one["RAY_AUTH_MODE"], one["RAY_AUTH_TOKEN"]) for one in held} == {("token", _token())}


def test_limits(executor: RayExecutor, tmp_path: Path) -> None:
    """R01, R02: a job that eats memory and one that hangs are killed, with what they have started."""
    executor.submit(job(0, "eat", memory=500_000_000))
    executor.submit(job(1, "leave_child", seconds=1.0, path=str(tmp_path / "pid")))
    found = gather(executor, 2)
    assert (found[0].status, found[1].status) == ("memory", "timeout")
    assert found[0].memory > 500_000_000
    child = int((tmp_path / "pid").read_text())
    end = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != "zombie" and time.monotonic() < end:
        time.sleep(0.02)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_workers_have_one_thread_for_a_fit(executor: RayExecutor) -> None:
    """Workers see the thread counts before any import."""
    executor.submit(job(0, "environment"))
    seen = gather(executor, 1)[0].value
    assert isinstance(seen, dict)
    assert seen["omp"] == "1"
