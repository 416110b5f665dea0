"""Jobs on the machines of a Ray cluster, or of a Ray of our own that only this machine can reach.

Without more words Ray is started here, bound to 127.0.0.1, with a token and without its dashboard, and ended with the
executor. ``RAY_ADDRESS`` names a cluster to use instead: each of its machines has automl and its libraries in the
versions of this one, and the cluster a token (``RAY_AUTH_TOKEN``). No folder is shared: the files of a job travel to
each machine once (`node_cache.py`), where our own helper keeps deadline and memory (`node.py`). Machines may join and
leave; a lost one costs the jobs that it had, which begin again elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from automl import disk
from automl.data.read.files import file_digest
from automl.errors import MachineError, SpecError
from automl.executors.base import SINGLE_THREADED, Backend, Done, Job
from automl.executors.node import Answer, Node, Order, differing, versions
from automl.executors.travel import Parcel, packed

ATTEMPTS = 2  # a job under way when its machine is lost is started once more (R15)
TICK = 0.05  # seconds between two looks
LOOK = 1.0  # seconds between two looks at which machines there are
GRACE = 30.0  # seconds beyond a job's own after which its machine, which should have ended it, counts as lost
ALONE = 60.0  # seconds without any machine, then the run ends
STORE = 256 << 20  # bytes of the object store of a Ray of our own: only answers pass there
CHUNK = 32 << 20  # bytes of a file that travel at a time
KEPT = 1 << 30  # bytes of files that are held for machines that have yet to fetch them
HERE = "127.0.0.1"
# Ray then serves this machine only, as it does on macOS; else it looks up an outer address and listens there.
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
MODE, TOKEN, TOKEN_FILE = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"


class Worker(Node):
    """What Ray makes an actor of: a worker of a machine, to which files come through Ray."""

    def __init__(self) -> None:
        super().__init__(_ray().get)


@dataclass(slots=True, kw_only=True)
class Seat:
    """A worker somewhere: its actor, the machine, and the promise of what it tells of itself."""

    actor: Any
    machine: str  # Ray's id of it
    promise: Any
    ready: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job, and how often it was begun."""

    job: Job
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A job under way; None instead of one that was called off."""

    waiting: Waiting | None
    seat: Seat
    parcel: Parcel | None = None
    start: float = 0.0


@dataclass(slots=True)
class Files:
    """The files that travel: their hashes, which machines have them, and chunks for those that have not."""

    ray: Any
    machines: dict[str, set[str]] = field(default_factory=dict)
    _digests: dict[tuple[Path, int, int], str] = field(default_factory=dict)
    _chunks: dict[str, tuple[int, list[Any]]] = field(default_factory=dict)

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file; it is read again only where it was written again."""
        told = path.stat()
        key = (path, told.st_mtime_ns, told.st_size)
        if key not in self._digests:
            self._digests[key] = file_digest(path)
        return self._digests[key]

    def chunks(self, path: Path, digest: str) -> Sequence[Any]:
        """Where Ray holds the parts of a file; of many those that were made first are let go."""
        if digest not in self._chunks:
            with path.open("rb") as file:
                parts = [self.ray.put(part) for part in iter(lambda: file.read(CHUNK), b"")]
            self._chunks[digest] = (path.stat().st_size, parts)
            while len(self._chunks) > 1 and sum(size for size, _ in self._chunks.values()) > KEPT:
                del self._chunks[next(iter(self._chunks))]
        return self._chunks[digest][1]


class RayExecutor:
    """Jobs wait here, not in Ray, so that each one's time begins when it does."""

    def __init__(self, *, workers: int) -> None:
        self._ray = _ray()
        self.workers = workers
        self._queue: deque[Waiting] = deque()
        self._running: dict[Any, Running] = {}
        self._ended: list[Done] = []
        self._seats: list[Seat] = []
        self._refused: set[str] = set()
        self._answered = False
        self._ours = versions()
        self._files = Files(self._ray)
        self._started_here = not self._ray.is_initialized()
        if self._started_here:
            with _signals_kept():
                _connect(self._ray, workers)
        self._here = self._ray.get_runtime_context().get_node_id()
        self._looked, self._seen = -LOOK, time.monotonic()
        self._look()

    def submit(self, job: Job) -> None:
        self._queue.append(Waiting(job=job))
        self._dispatch()

    def wait(self, seconds: float) -> tuple[Done, ...]:
        end = time.monotonic() + seconds
        while True:
            self._look()
            self._dispatch()
            self._listen(min(TICK, max(0.0, end - time.monotonic())))
            self._watch()
            waits = self._queue or any(one.waiting for one in self._running.values())
            if self._ended or not waits or time.monotonic() >= end:
                break
        ended, self._ended = tuple(self._ended), []
        self._answered |= bool(ended)
        return ended

    def cancel(self) -> None:
        self._queue.clear()
        self._ended.clear()
        for reference, running in list(self._running.items()):
            running.seat.actor.stop.remote()
            self._running[reference] = replace(running, waiting=None)

    def close(self) -> None:
        self.cancel()
        for seat in self._seats:
            self._ray.kill(seat.actor)  # its helper ends with it, and all that a job has started
        self._seats.clear()
        if self._started_here:
            self._ray.shutdown()

    def _look(self) -> None:
        """Take seats on the machines that there are, one on each in turn, until there are enough."""
        if time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        cores = {
            one["NodeID"]: int(one["Resources"].get("CPU", 0))
            for one in self._ray.nodes()
            if one["Alive"] and one["NodeID"] not in self._refused
        }
        lost = [seat for seat in self._seats if seat.machine not in cores]
        self._seats = [seat for seat in self._seats if seat not in lost]
        for machine in _places(cores, [seat.machine for seat in self._seats], self.workers):
            self._seats.append(self._seat(machine))
        if any(cores.values()):
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > ALONE:
            raise MachineError("the Ray cluster has no machine left that could run a trial", where="RAY_ADDRESS")

    def _seat(self, machine: str) -> Seat:
        there = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(machine, soft=False)
        kind = self._ray.remote(num_cpus=1, max_restarts=0, max_concurrency=2, scheduling_strategy=there)(Worker)
        actor = kind.remote()
        return Seat(actor=actor, machine=machine, promise=actor.tell.remote())

    def _dispatch(self) -> None:
        """Give the jobs that wait to the workers that are free and have started."""
        busy = {id(running.seat) for running in self._running.values()}
        for seat in list(self._seats):
            if not self._queue:
                return
            if id(seat) not in busy and self._is_ready(seat):
                self._begin(self._queue.popleft(), seat)

    def _is_ready(self, seat: Seat) -> bool:
        """Whether a worker has started, with our versions; at the start other ones end the run."""
        if seat.ready or not self._ray.wait([seat.promise], timeout=0)[0]:
            return seat.ready
        try:
            name, theirs = self._ray.get(seat.promise)
        except self._ray.exceptions.RayError:
            self._drop(seat)
            return False
        if words := differing(self._ours, theirs):
            self._refused.add(seat.machine)
            self._drop(seat)
            if not self._answered:
                raise MachineError(
                    f"the machine {name} of the Ray cluster has other versions: {words}",
                    where="RAY_ADDRESS",
                    hint="Install there what is installed here, or leave it out of the cluster.",
                )
            return False
        seat.ready = True
        return True

    def _begin(self, waiting: Waiting, seat: Seat, lacking: Sequence[str] = ()) -> None:
        """Send a job to a worker, with the files that its machine has not had, or has let go."""
        job, parcel = waiting.job, packed(waiting.job.arguments)
        read: dict[str, str] = {}
        if seat.machine != self._here:
            read = {str(path): self._files.digest(path) for path in parcel.read}
        known = self._files.machines.setdefault(seat.machine, set())
        known -= set(lacking)
        order = Order(
            function=job.function,
            content=parcel.content,
            seconds=job.seconds,
            memory=job.memory,
            read=read,
            written=() if seat.machine == self._here else tuple(map(str, parcel.written)),
            chunks={
                digest: self._files.chunks(Path(path), digest) for path, digest in read.items() if digest not in known
            },
        )
        known |= set(read.values())
        reference = seat.actor.run.remote(order)
        self._running[reference] = Running(waiting=waiting, seat=seat, parcel=parcel, start=time.monotonic())

    def _listen(self, seconds: float) -> None:
        """Take in the jobs that end within `seconds`."""
        if not self._running:
            time.sleep(seconds if self._queue else 0.0)
            return
        ready, _ = self._ray.wait(list(self._running), timeout=seconds)
        for reference in ready:
            running = self._running.pop(reference)
            try:
                answer = self._ray.get(reference)
            except self._ray.exceptions.RayTaskError as error:  # the worker lives: its machine could not do it
                self._files.machines.pop(running.seat.machine, None)
                self._again(running, error)
            except self._ray.exceptions.RayError as error:
                self._drop(running.seat)
                self._again(running, error)
            else:
                self._take(running, answer)

    def _take(self, running: Running, answer: Answer) -> None:
        """Hand on how a job ended, with what it wrote where it should be; what lacked files begins with them."""
        if running.waiting is None:
            return
        if answer.lacking:
            self._begin(running.waiting, running.seat, answer.lacking)
            return
        for path, content in answer.written.items():
            with disk.writing(Path(path), mode=0o600) as file:
                file.write(content)
        done = replace(answer.done, id=running.waiting.job.id)
        if done.status == "ok" and isinstance(done.value, bytes):
            done = replace(done, value=pickle.loads(done.value))  # noqa: S301  # our own worker wrote it
        self._ended.append(done)

    def _watch(self) -> None:
        """What should have ended long ago is on a machine that is lost, or as good as that."""
        for reference, running in list(self._running.items()):
            if running.waiting and time.monotonic() - running.start > running.waiting.job.seconds + GRACE:
                del self._running[reference]
                self._drop(running.seat)
                self._again(running, TimeoutError("nothing was heard of it"))

    def _again(self, running: Running, error: Exception) -> None:
        """The worker is gone: the job is the next to start, unless it was its second time."""
        waiting = running.waiting
        if waiting is None:
            return
        if waiting.attempt < ATTEMPTS:
            self._queue.appendleft(replace(waiting, attempt=waiting.attempt + 1))
            return
        words = " ".join(str(error).split())[:300]
        detail = f"the worker died twice under this job: {words}"
        spent = time.monotonic() - running.start
        self._ended.append(Done(id=waiting.job.id, status="crashed", detail=detail, seconds=spent))

    def _drop(self, seat: Seat) -> None:
        """Give a seat up; another one is taken at the next look, where there is a machine for it."""
        self._seats = [one for one in self._seats if one is not seat]
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.kill(seat.actor)
        self._looked = -LOOK


def _places(cores: Mapping[str, int], taken: Sequence[str], workers: int) -> list[str]:
    """The machines of further seats: each time the one with the fewest that has a core left."""
    count = {machine: list(taken).count(machine) for machine in cores}
    found: list[str] = []
    while len(taken) + len(found) < workers:
        free = [machine for machine in cores if count[machine] < cores[machine]]
        if not free:
            break
        chosen = min(free, key=lambda machine: (count[machine], machine))
        count[chosen] += 1
        found.append(chosen)
    return found


def _ray() -> Any:
    try:
        with _environment(_own_words()):  # Ray reads it when it is imported
            import ray
            import ray.util.scheduling_strategies
    except ImportError as error:
        hint = 'install it with: pip install "automl[ray]"; or say budget.executor = "local"'
        raise SpecError("the executor 'ray' needs Ray", where="budget.executor", hint=hint) from error
    return ray


@cache
def _token() -> str:
    return secrets.token_hex(32)


def _own_words() -> dict[str, str]:
    """What Ray is told by its environment: a Ray of our own has a token of its own, a cluster the cluster's."""
    if os.environ.get("RAY_ADDRESS"):
        return {MODE: os.environ.get(MODE, "token")}
    return {**LOOPBACK, MODE: "token", TOKEN: _token()}


def _connect(ray: Any, workers: int) -> None:
    """Join the cluster of ``RAY_ADDRESS``, or start a Ray that listens on the loopback address only (R14)."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    common = {"configure_logging": False, "log_to_driver": False}
    if os.environ.get("RAY_ADDRESS"):
        with _environment(_own_words()):
            _join(ray, common)
        return
    with _environment({**SINGLE_THREADED, **_own_words(), "PYTHONPATH": path}):
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


def _join(ray: Any, common: Mapping[str, Any]) -> None:
    try:
        ray.init(**common)
    except ray.exceptions.AuthenticationError as error:
        raise MachineError(
            "the Ray cluster could not be joined: there is no token, or another one",
            where="RAY_ADDRESS",
            hint=f"Set {TOKEN} or {TOKEN_FILE} as on the cluster; where it has none, and only friends can reach it, "
            f"{MODE}=disabled.",
        ) from error
    except (ConnectionError, RuntimeError) as error:
        raise MachineError(
            f"the Ray cluster could not be joined: {' '.join(str(error).split())[:200]}",
            where="RAY_ADDRESS",
            hint="Run `ray status` on this machine: it must be a part of the cluster.",
        ) from error


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
