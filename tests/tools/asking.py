"""Asks an executor for jobs of the folder `tests/executors`, and waits for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from automl.executors.base import Done, Executor, Job

GB = 1 << 30
PATIENCE = 60.0  # seconds for anything to happen on a busy machine


def job(number: int, name: str, *, seconds: float = 30.0, memory: int = GB, **arguments: object) -> Job:
    """A job that calls a function of the module `jobs`."""
    return Job(id=number, function=f"jobs:{name}", arguments=arguments, seconds=seconds, memory=memory)


def gather(executor: Executor, count: int, *, seconds: float = 30.0) -> dict[int, Done]:
    """The next `count` answers by their jobs' numbers, as many as come in time."""
    found: dict[int, Done] = {}
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        found |= {done.id: done for done in executor.wait(0.5)}
    return found


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it becomes so in time."""
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def gone(pid: int) -> bool:
    """Ended, or a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
