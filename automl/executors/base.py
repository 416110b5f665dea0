"""What an executor is: it runs jobs elsewhere, holds their deadline and memory, and survives their death."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from automl.errors import NO_ROOM, MachineError
from automl.registry import Registry

Status = Literal["ok", "error", "timeout", "memory", "disk", "crashed"]
# In the order of first use, and in small steps: a job can start between two of them. The last one names further ones.
PRELOAD = ("numpy", "automl.search.worker.fold_fit", "automl.learners.base:modules")
# The environment of workers, before any import: a second thread on a busy machine makes a fit ten times as long.
SINGLE_THREADED = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A call of the function named ``module:function`` with keyword arguments that pickle."""

    id: int
    function: str
    arguments: Mapping[str, object]
    seconds: float  # wall clock, then the process group is killed
    memory: int  # bytes of proportional set size, then the process group is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a job ended. `value` only if `status` is ``ok``; else `detail` is one line that says why."""

    id: int
    status: Status
    value: object = None
    detail: str = ""
    seconds: float = 0.0
    memory: int = 0  # the highest seen, bytes


class Executor(Protocol):
    """Runs at most `workers` jobs at a time."""

    workers: int

    def submit(self, job: Job) -> None:
        """Start the job, or queue it if all workers are busy."""

    def wait(self, seconds: float) -> tuple[Done, ...]:
        """The jobs that have ended, after at most `seconds`; empty if none did."""

    def cancel(self) -> None:
        """Kill everything under way and forget what is queued."""

    def close(self) -> None:
        """`cancel`, and end the helper processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The plugin: a named way to make an `Executor`; `needs` is the module of an extra that it cannot start without."""

    name: str
    start: StartExecutor
    needs: str | None = None


class StartExecutor(Protocol):
    """Make an executor with that many workers; one thread a job."""

    def __call__(self, *, workers: int) -> Executor: ...


def run(job: Job) -> Done:
    """Do the job here, in this thread: whatever it raises is its answer."""
    start = time.monotonic()
    try:
        value = named(job.function)(**job.arguments)
    except Exception as error:  # noqa: BLE001  # as said above
        status, detail = failure(error)
        return Done(id=job.id, status=status, detail=detail, seconds=time.monotonic() - start)
    return Done(id=job.id, status="ok", value=value, seconds=time.monotonic() - start)


def failure(error: BaseException) -> tuple[Status, str]:
    """What an exception of a job is: the machine's fault or the job's own; and it in a line of at most 500 letters."""
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    if isinstance(error, MemoryError):
        return "memory", detail
    refused = isinstance(error, MachineError) or (isinstance(error, OSError) and error.errno in NO_ROOM)
    return "disk" if refused else "error", detail


def overrun(*, spent: float, seconds: float, used: int, memory: int) -> tuple[Status, str] | None:
    """The limit that a job under way has broken, and how: seconds first, then bytes; None where it keeps both."""
    if spent > seconds:
        return "timeout", f"stopped after {seconds:.1f} s"
    if used > memory:
        return "memory", f"used {used / 1e6:.0f} MB, {memory / 1e6:.0f} MB allowed"
    return None


def preload(name: str) -> tuple[str, ...]:
    """Import the module `name`; a function, as ``module:function``, is called and names further ones."""
    if ":" in name:
        return tuple(named(name)())
    importlib.import_module(name)
    return ()


def named(function: str) -> Callable[..., Any]:
    """The function that is called ``module:function``."""
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


backends = Registry("automl.executors", Backend, "executor")
