"""Jobs in the workers of Ray: those of a cluster, or of a Ray of our own that only this machine can reach.

Without more words Ray is started here, bound to 127.0.0.1 and without its dashboard, and ended with the executor.
``RAY_ADDRESS`` names a cluster to use instead: its machines must see the run folder and have automl installed, and the
memory of jobs there is left to Ray. The worker processes stay warm between jobs and are replaced when they die.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import platform
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl.errors import MachineError, SpecError
from automl.executors._child import outcome
from automl.executors.base import PRELOAD, SINGLE_THREADED, Backend, Done, Job, overrun, preload
from automl.host.processes import family, kill_group, proportional

ATTEMPTS = 2  # a job under way when its worker dies is started once more (R15)
TICK = 0.05  # seconds between two looks at deadlines and memory
STORE = 256 << 20  # bytes of Ray's object store: matrices are mapped from the run folder, only answers pass here
HERE = "127.0.0.1"
# Ray then serves this machine only, as it does on macOS; else it looks up an outer address and listens there.
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A worker process: its actor, and the promise of its process id."""

    actor: Any
    promise: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A job under way."""

    job: Job
    seat: Seat
    pid: int
    start: float
    attempt: int
    peak: int = 0


class Worker:
    """What runs in a worker process; Ray makes an actor of it."""

    def __init__(self) -> None:
        """Import what fits need: a first fit that imports seems slow, and the search would plan for slow ones."""
        waiting = list(PRELOAD)
        while waiting:
            with contextlib.suppress(Exception):  # it fails in the job that needs it, with its reason
                waiting[:0] = preload(waiting.pop(0))

    def where(self) -> tuple[str, int]:
        """The host and the process id."""
        return platform.node(), os.getpid()

    def call(self, function: str, arguments: bytes) -> tuple[str, bytes, str]:
        """Status, pickled value and detail of a job."""
        return outcome(function, arguments)


class RayExecutor:
    """One actor for each worker; jobs wait here, not in Ray, so that each one's time begins when it does."""

    def __init__(self, *, workers: int) -> None:
        self._ray = _ray()
        self.workers = workers
        self._queue: deque[tuple[Job, int]] = deque()
        self._running: dict[Any, Running] = {}
        self._ended: list[Done] = []
        self._started_here = not self._ray.is_initialized()
        if self._started_here:
            with _signals_kept():
                _connect(self._ray, workers)
        self._seats = [self._seat() for _ in range(workers)]

    def submit(self, job: Job) -> None:
        self._queue.append((job, 1))
        self._dispatch()

    def wait(self, seconds: float) -> tuple[Done, ...]:
        end = time.monotonic() + seconds
        while True:
            self._dispatch()
            self._listen(min(TICK, max(0.0, end - time.monotonic())))
            self._watch()
            if self._ended or not (self._running or self._queue) or time.monotonic() >= end:
                break
        ended, self._ended = tuple(self._ended), []
        return ended

    def cancel(self) -> None:
        self._queue.clear()
        self._ended.clear()
        for reference in list(self._running):
            self._kill(self._running.pop(reference))

    def close(self) -> None:
        self.cancel()
        for seat in self._seats:
            self._ray.kill(seat.actor)
        self._seats.clear()
        if self._started_here:
            self._ray.shutdown()

    def _seat(self) -> Seat:
        actor = self._ray.remote(num_cpus=1, max_restarts=0)(Worker).remote()
        return Seat(actor=actor, promise=actor.where.remote())

    def _dispatch(self) -> None:
        """Give the jobs that wait to the workers that are free and have started."""
        busy = {id(running.seat) for running in self._running.values()}
        for place, seat in enumerate(self._seats):
            if not self._queue:
                return
            if id(seat) in busy or not self._ray.wait([seat.promise], timeout=0)[0]:
                continue
            try:
                host, pid = self._ray.get(seat.promise)
            except self._ray.exceptions.RayError:
                self._seats[place] = self._seat()
                continue
            job, attempt = self._queue.popleft()
            reference = seat.actor.call.remote(job.function, pickle.dumps(dict(job.arguments), protocol=5))
            self._running[reference] = Running(
                job=job,
                seat=seat,
                pid=pid if host == platform.node() else 0,
                start=time.monotonic(),
                attempt=attempt,
            )

    def _listen(self, seconds: float) -> None:
        """Take in the jobs that end within `seconds`."""
        if not self._running:
            time.sleep(seconds if self._queue else 0.0)
            return
        ready, _ = self._ray.wait(list(self._running), timeout=seconds)
        for reference in ready:
            running = self._running.pop(reference)
            try:
                status, value, detail = self._ray.get(reference)
            except self._ray.exceptions.RayError as error:
                self._replace(running.seat)
                self._again(running, error)
                continue
            answer = pickle.loads(value) if status == "ok" else None  # noqa: S301  # our own worker wrote it
            self._end(running, status, detail=detail, value=answer)

    def _watch(self) -> None:
        """Kill the workers whose job is past its deadline or over its memory."""
        for reference, running in list(self._running.items()):
            used = sum(map(proportional, family(running.pid))) if running.pid else 0
            self._running[reference] = current = replace(running, peak=max(running.peak, used))
            verdict = _verdict(current, used)
            if verdict is not None:
                del self._running[reference]
                self._kill(current)
                self._end(current, *verdict)

    def _again(self, running: Running, error: Exception) -> None:
        """The worker died: the job is the next to start, unless it was its second time."""
        if running.attempt < ATTEMPTS:
            self._queue.appendleft((running.job, running.attempt + 1))
        else:
            words = " ".join(str(error).split())[:300]
            self._end(running, "crashed", f"the worker died twice under this job: {words}")

    def _end(self, running: Running, status: str, detail: str, value: object = None) -> None:
        self._ended.append(
            Done(
                id=running.job.id,
                status=status,  # type: ignore[arg-type]  # the words of `outcome` and `_verdict` are those of Status
                value=value,
                detail=detail,
                seconds=time.monotonic() - running.start,
                memory=running.peak,
            )
        )

    def _kill(self, running: Running) -> None:
        """End a worker and what its job has started, and put another one in its place."""
        started = family(running.pid)[1:] if running.pid else []
        self._ray.kill(running.seat.actor)
        for pid in started:
            kill_group(pid)
        self._replace(running.seat)

    def _replace(self, seat: Seat) -> None:
        self._seats = [self._seat() if one is seat else one for one in self._seats]


def _verdict(running: Running, used: int) -> tuple[str, str] | None:
    """Status and detail of a job that must not go on."""
    job = running.job
    return overrun(spent=time.monotonic() - running.start, seconds=job.seconds, used=used, memory=job.memory)


def _ray() -> Any:
    try:
        with _environment({} if os.environ.get("RAY_ADDRESS") else LOOPBACK):  # Ray reads it when it is imported
            import ray
    except ImportError as error:
        hint = 'install it with: pip install "automl[ray]"; or say budget.executor = "local"'
        raise SpecError("the executor 'ray' needs Ray", where="budget.executor", hint=hint) from error
    return ray


def _connect(ray: Any, workers: int) -> None:
    """Join the cluster of ``RAY_ADDRESS``, or start a Ray that listens on the loopback address only (R14)."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    common = {"configure_logging": False, "log_to_driver": False}
    if os.environ.get("RAY_ADDRESS"):
        ray.init(runtime_env={"env_vars": {**SINGLE_THREADED, "PYTHONPATH": path}}, **common)
        return
    with _environment({**SINGLE_THREADED, **LOOPBACK, "PYTHONPATH": path}):
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=STORE,
            _node_ip_address=HERE,
            **common,
        )
    if (address := ray.util.get_node_ip_address()) != HERE:
        ray.shutdown()
        hint = "start the fit in a process that has not imported ray before, or name a cluster in RAY_ADDRESS"
        raise MachineError(f"Ray listens on {address}, where others can reach it", hint=hint)


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM when it starts; how a run ends is its owner's to say."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if before is not None and threading.current_thread() is threading.main_thread():  # in others Ray leaves it alone
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """The environment that Ray's processes inherit."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _start(*, workers: int) -> RayExecutor:
    return RayExecutor(workers=workers)


RAY = Backend(name="ray", start=_start, needs="ray")
