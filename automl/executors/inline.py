"""Jobs in this process, one after the other: for tests and for looking inside. Nothing can be killed here."""

from __future__ import annotations

from collections import deque

from automl.executors.base import Backend, Done, Job, run


class InlineExecutor:
    """Runs one queued job at each `wait`; deadline and memory are not held."""

    def __init__(self, *, workers: int) -> None:
        self.workers = workers
        self._queue: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        self._queue.append(job)

    def wait(self, seconds: float) -> tuple[Done, ...]:
        del seconds
        return (run(self._queue.popleft()),) if self._queue else ()

    def cancel(self) -> None:
        self._queue.clear()

    def close(self) -> None:
        self.cancel()


def _start(*, workers: int) -> InlineExecutor:
    return InlineExecutor(workers=workers)


INLINE = Backend(name="inline", start=_start)
