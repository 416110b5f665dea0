"""Jobs in fresh interpreters, for systems that cannot fork: the same answers, deadlines and memory as `local.py`.

Each worker is a process that lives for many jobs, as importing the boosters takes it a second or two; one that is late,
too big or dead is replaced. A frame on its pipes is a length and a pickle, between our own processes only.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from automl.executors._child import HEADER, last_words, outcome
from automl.executors.base import SINGLE_THREADED, Backend, Done, Job, Status, overrun
from automl.host.processes import family, kill_group, proportional

WORKER = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from automl.executors.spawn import main
main()
"""
TICK = 0.05  # seconds between two looks at deadlines and memory


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process with the job that it has: its answers come in by a thread of their own, None when it has ended."""

    process: subprocess.Popen[bytes]
    words: IO[bytes]  # what it prints
    answers: queue.SimpleQueue[bytes | None] = field(default_factory=queue.SimpleQueue)
    job: Job | None = None
    start: float = 0.0
    peak: int = 0

    def give(self, job: Job) -> None:
        """Hand it a job; that it is dead is noticed where its answer is awaited."""
        self.job, self.start, self.peak = job, time.monotonic(), 0
        assert self.process.stdin is not None  # noqa: S101  # it is a pipe
        with suppress(OSError):
            send(self.process.stdin, pickle.dumps((job.function, pickle.dumps(dict(job.arguments), protocol=5))))

    def hear(self) -> None:
        """Queue what it answers until it ends."""
        assert self.process.stdout is not None  # noqa: S101  # it is a pipe
        while (answer := receive(self.process.stdout)) is not None:
            self.answers.put(answer)
        self.answers.put(None)

    def end(self) -> None:
        """End it and what it has started."""
        kill_group(self.process.pid)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.words):
            with suppress(OSError):
                pipe and pipe.close()


class SpawnExecutor:
    """Keeps up to that many workers; looks at them while it waits."""

    def __init__(self, *, workers: int) -> None:
        self.workers = workers
        self._queue: deque[Job] = deque()
        self._staff: list[Worker] = []

    def submit(self, job: Job) -> None:
        self._queue.append(job)
        self._employ()

    def wait(self, seconds: float) -> tuple[Done, ...]:
        end = time.monotonic() + seconds
        while True:
            self._employ()
            done = tuple(filter(None, map(self._look, list(self._staff))))
            left = end - time.monotonic()
            if done or left <= 0 or not any(worker.job for worker in self._staff):
                self._employ()
                return done
            time.sleep(min(TICK, left))

    def cancel(self) -> None:
        self._queue.clear()
        for worker in [worker for worker in self._staff if worker.job]:
            self._dismiss(worker)

    def close(self) -> None:
        self._queue.clear()
        for worker in list(self._staff):
            self._dismiss(worker)

    def _employ(self) -> None:
        """Give what is queued to those who are free, and start as many as there is work for."""
        while self._queue:
            free = next((worker for worker in self._staff if worker.job is None), None)
            if free is None and len(self._staff) == self.workers:
                return
            if free is None:
                free = started()
                self._staff.append(free)
            free.give(self._queue.popleft())

    def _dismiss(self, worker: Worker) -> None:
        worker.end()
        self._staff.remove(worker)

    def _look(self, worker: Worker) -> Done | None:
        """What became of a worker's job, if it has ended or has to."""
        if worker.job is None:
            return None
        job, spent = worker.job, time.monotonic() - worker.start
        with suppress(queue.Empty):
            answer = worker.answers.get_nowait()
            worker.job = None
            if answer is None:
                detail = f"ended with status {worker.process.wait()}{last_words(worker.words.fileno())}"
                self._dismiss(worker)
                return Done(id=job.id, status="crashed", detail=detail, seconds=spent, memory=worker.peak)
            status, value, detail = pickle.loads(answer)  # noqa: S301  # our own worker wrote it
            value = pickle.loads(value) if status == "ok" else None  # noqa: S301  # as above
            return Done(id=job.id, status=status, value=value, detail=detail, seconds=spent, memory=worker.peak)
        if (broken := _broken(worker, job, spent)) is None:
            return None
        self._dismiss(worker)
        return Done(id=job.id, status=broken[0], detail=broken[1], seconds=spent, memory=worker.peak)


def _broken(worker: Worker, job: Job, spent: float) -> tuple[Status, str] | None:
    """The limit that a job under way has broken, and how; its memory is noted."""
    used = sum(map(proportional, family(worker.process.pid)))
    worker.peak = max(worker.peak, used)
    return overrun(spent=spent, seconds=job.seconds, used=used, memory=job.memory)


def started() -> Worker:
    """A new worker, which imports what it needs with its first job."""
    words = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the worker
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", WORKER, json.dumps([entry or str(Path.cwd()) for entry in sys.path])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        env={**os.environ, **SINGLE_THREADED},
        start_new_session=True,  # Ctrl-C is for the parent, who decides
    )
    worker = Worker(process=process, words=words)
    threading.Thread(target=worker.hear, daemon=True).start()
    return worker


def main() -> None:
    """The life of a worker: a job in, its answer out, until there is no more; what a job prints is no answer."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (asked := receive(sys.stdin.buffer)) is not None:
        function, blob = pickle.loads(asked)  # noqa: S301  # our own parent wrote it
        send(answers, pickle.dumps(outcome(function, blob), protocol=5))


def send(pipe: BinaryIO | IO[bytes], body: bytes) -> None:
    """Write one frame."""
    pipe.write(HEADER.pack(len(body)) + body)
    pipe.flush()


def receive(pipe: BinaryIO | IO[bytes]) -> bytes | None:
    """Read one frame; None where the other end is closed before it is whole."""
    with suppress(OSError, ValueError):  # closed on this end
        head = pipe.read(HEADER.size)
        if len(head) == HEADER.size:
            (size,) = HEADER.unpack(head)
            body = pipe.read(size)
            return body if len(body) == size else None
    return None


def _start(*, workers: int) -> SpawnExecutor:
    return SpawnExecutor(workers=workers)


SPAWN = Backend(name="spawn", start=_start)
