"""Many workers that act as one: what they find is told one job at a time, in the order in which the jobs were given.

What is chosen by counted work then hangs on the jobs alone, and never on how many workers there are or which of them is
faster (R12).
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

from automl.executors.base import Done, Executor, Job
from automl.spec.budget import AT_ONCE


class InOrder:
    """Hands jobs to another executor, and their outcomes on in the order of the jobs.

    The memory of a job is what it may hold if it runs alone. It begins with an even share of that, beside others; what
    needs more runs once more when nothing else does, so that a small share decides nothing either.
    """

    workers = 1  # that plans count on: what one can do in time, any number can

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._shares = min(executor.workers, AT_ONCE)
        self._order: deque[int] = deque()
        self._waiting: deque[Job] = deque()  # for a job that runs alone
        self._running: dict[int, Job] = {}
        self._large: deque[Job] = deque()  # they need more than a share
        self._alone: int | None = None
        self._ended: dict[int, Done] = {}

    def submit(self, job: Job) -> None:
        self._order.append(job.id)
        self._waiting.append(job)
        self._hand_out()

    def wait(self, seconds: float) -> tuple[Done, ...]:
        end = time.monotonic() + seconds
        while self._order and self._order[0] not in self._ended:
            done = self._executor.wait(max(0.0, end - time.monotonic()))
            if not done:
                return ()
            for one in done:
                self._note(one)
            self._hand_out()
        return (self._ended.pop(self._order.popleft()),) if self._order else ()

    def cancel(self) -> None:
        self._executor.cancel()
        for held in (self._order, self._waiting, self._running, self._large, self._ended):
            held.clear()
        self._alone = None

    def close(self) -> None:
        self.cancel()
        self._executor.close()

    def _note(self, done: Done) -> None:
        job = self._running.pop(done.id)
        if done.status == "memory" and done.id != self._alone and self._shares > 1:
            self._large.append(job)
            return
        self._alone = None if done.id == self._alone else self._alone
        self._ended[done.id] = done

    def _hand_out(self) -> None:
        """Give all that waits to the workers; but once a job needs more than its share, that one alone."""
        if self._large and not self._running:
            job = self._large.popleft()
            self._alone = job.id
            self._start(job, job.memory)
        while self._waiting and self._alone is None and not self._large:
            job = self._waiting.popleft()
            self._start(job, job.memory // self._shares)

    def _start(self, job: Job, memory: int) -> None:
        self._running[job.id] = job
        self._executor.submit(replace(job, memory=memory))
