"""What an executor is: it runs jobs elsewhere, holds their deadline and memory, and survives their death."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["ok", "error", "timeout", "memory", "crashed"]
# In the order of first use, and in small steps: a job can start between two of them.
PRELOAD = (
    "numpy",
    "automl.search.worker.fold_fit",
    "scipy.sparse",
    "scipy.optimize",
    "sklearn.base",
    "sklearn.linear_model",
    "lightgbm",
    "catboost",
    "xgboost",
)
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
    """The plugin: a named way to make an `Executor`."""

    name: str
    start: StartExecutor


class StartExecutor(Protocol):
    """Make an executor with that many workers; one thread a job."""

    def __call__(self, *, workers: int) -> Executor: ...
