"""Jobs in child processes of our own helper: preloaded, one thread each, killed when late or too big."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from automl.errors import MachineError
from automl.executors._child import HEADER, frames
from automl.executors._helper import CHUNK
from automl.executors.base import PRELOAD, SINGLE_THREADED, Backend, Done, Executor, Job
from automl.executors.spawn import SPAWN
from automl.host.processes import forks

HELPER = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from automl.executors._helper import main
main(int(sys.argv[1]))
"""
ATTEMPTS = 2  # a job under way when the helper dies is started once more (R15)
PATIENCE = 2.0  # seconds that a helper may take to end by itself


@dataclass(frozen=True, slots=True)
class Pending:
    """A job that the helper has and has not answered."""

    job: Job
    arguments: bytes
    started: bool = False
    attempts: int = 1


class LocalExecutor:
    """Talks to one helper. Construction returns at once; the helper preloads while the parent reads its data."""

    def __init__(self, *, workers: int, preload: tuple[str, ...] = PRELOAD) -> None:
        self.workers = workers
        self._preload = preload
        self._pending: dict[int, Pending] = {}
        self._ended: list[Done] = []
        self._tickets = 0
        self._launch()

    def submit(self, job: Job) -> None:
        self._tickets += 1
        pending = Pending(job, pickle.dumps(dict(job.arguments), protocol=5))
        self._pending[self._tickets] = pending
        self._hand_over(self._tickets, pending)

    def wait(self, seconds: float) -> tuple[Done, ...]:
        end = time.monotonic() + seconds
        self._listen(0.0)
        while not self._ended and self._pending and (left := end - time.monotonic()) > 0:
            self._listen(left)
        ended, self._ended = tuple(self._ended), []
        return ended

    def cancel(self) -> None:
        self._pending.clear()
        self._ended.clear()
        self._send("cancel")

    def close(self) -> None:
        self._channel.close()
        if self._pending:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)  # it kills what the jobs have started, too
        self._pending.clear()
        self._process.kill()  # its children die with it
        self._process.wait()
        self._complaints.close()

    def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        path = [entry or str(Path.cwd()) for entry in sys.path]
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the executor
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", HELPER, str(theirs.fileno()), json.dumps(path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._complaints,
                stderr=self._complaints,
                env={**os.environ, **SINGLE_THREADED},
                start_new_session=True,  # Ctrl-C is for the parent, who decides
            )
        self._channel = ours
        self._inbox = bytearray()
        self._send("start", list(self._preload), self.workers)

    def _hand_over(self, ticket: int, pending: Pending) -> None:
        job = pending.job
        self._send("job", ticket, job.function, pending.arguments, float(job.seconds), int(job.memory))

    def _send(self, *message: object) -> None:
        body = pickle.dumps(message, protocol=5)
        with contextlib.suppress(OSError):  # a dead helper is noticed, and replaced, where we listen
            self._channel.sendall(HEADER.pack(len(body)) + body)

    def _listen(self, seconds: float) -> None:
        """Take in what the helper says within `seconds`, and start another one if it has died."""
        ready, _, _ = select.select([self._channel], [], [], seconds)
        if not ready:
            return
        data = b""
        with contextlib.suppress(OSError):
            data = self._channel.recv(CHUNK)
        if not data:
            self._relaunch()
            return
        self._inbox += data
        for frame in frames(self._inbox):
            self._note(pickle.loads(frame))  # noqa: S301  # our own helper wrote it

    def _note(self, message: tuple[object, ...]) -> None:
        match message:
            case ("started", int() as ticket) if ticket in self._pending:
                self._pending[ticket] = replace(self._pending[ticket], started=True)
            case ("done", int() as ticket, str() as status, bytes() as blob, *facts) if ticket in self._pending:
                detail, seconds, memory = facts
                done = Done(
                    id=self._pending.pop(ticket).job.id,
                    status=status,  # type: ignore[arg-type]  # the helper's words are those of Status
                    value=pickle.loads(blob) if status == "ok" else None,  # noqa: S301  # our own child wrote it
                    detail=str(detail),
                    seconds=seconds,  # type: ignore[arg-type]  # the helper sends a float
                    memory=memory,  # type: ignore[arg-type]  # the helper sends an int
                )
                self._ended.append(done)

    def _relaunch(self) -> None:
        """Replace a dead helper; what it had begun is begun once more, then counted as crashed."""
        self._channel.close()
        self._process.kill()
        code = self._process.wait()
        self._complaints.seek(0)
        words = self._complaints.read()[-300:].decode(errors="replace").strip()
        self._complaints.close()
        if not any(pending.started for pending in self._pending.values()) and code > 0:
            raise MachineError("the helper process of the workers does not start", hint=words or f"exit code {code}")
        self._launch()
        for ticket, pending in list(self._pending.items()):
            again = replace(pending, started=False, attempts=pending.attempts + pending.started)
            if again.attempts > ATTEMPTS:
                del self._pending[ticket]
                detail = "the helper process of the workers died twice under this job"
                self._ended.append(Done(id=pending.job.id, status="crashed", detail=detail))
            else:
                self._pending[ticket] = again
                self._hand_over(ticket, again)


def _start(*, workers: int) -> Executor:
    if forks():
        return LocalExecutor(workers=workers)
    return SPAWN.start(workers=workers)


LOCAL = Backend(name="local", start=_start)
