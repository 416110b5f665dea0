"""The process that workers are forked from: it preloads the boosters, never trains, and stays single-threaded.

`local.py` starts it as a process of its own with the descriptor of a socket and its own `sys.path`: so it works below a
script without a main guard, a notebook, a REPL. Frames on the socket are a length and a pickle, between our own
processes only:

- in: ``("start", preload, workers)``, ``("job", ticket, function, arguments, seconds, memory)``, ``("cancel",)``
- out: ``("started", ticket)``, ``("done", ticket, status, value, detail, seconds, memory)``, ``("loaded", module)``

Only where processes can be forked; elsewhere `spawn.py` does the same, more slowly.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from automl.executors._child import HEADER, frames, last_words, work
from automl.executors.base import overrun, preload
from automl.host.files import nameless
from automl.host.processes import die_with_parent, family, kill_group, proportional, resident

BLOCKED = frozenset({"polars", "pyarrow"})  # both start threads on import, and a fork after that can dead-lock (R13)
TICK = 0.05  # seconds between two looks at deadlines and memory
GAUGE = 5  # every so many looks the memory is read even if it is far from its limit
CHUNK = 1 << 20


def main(descriptor: int) -> None:
    """Serve the parent at the other end of the socket until it is gone."""
    sys.meta_path.insert(0, Blocker())
    channel = socket.socket(fileno=descriptor)
    Helper(channel=channel, parent=os.getppid()).serve()
    os._exit(0)  # unloading the libraries would take longer than all else


class Blocker:
    """A finder that hides modules from the libraries that would import them by the way."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse what is blocked, leave the rest to others."""
        del path, target
        if name.partition(".")[0] in BLOCKED:
            message = f"{name} is not imported in workers"
            raise ModuleNotFoundError(message, name=name)


@dataclass(slots=True)
class Running:
    """A forked job."""

    ticket: int
    pid: int
    result: int  # the descriptor that its answer is read from
    output: int  # the file that its stdout and stderr go to
    start: float
    seconds: float
    memory: int
    answer: bytearray = field(default_factory=bytearray)
    peak: int = 0
    killed: tuple[str, str] | None = None  # status and detail


@dataclass(slots=True)
class Helper:
    """The loop: frames in, jobs forked and watched, frames out. Nothing here blocks but an import."""

    channel: socket.socket
    parent: int
    workers: int = 1
    preload: deque[str] = field(default_factory=deque)
    queue: deque[tuple[int, str, bytes, float, int]] = field(default_factory=deque)
    running: list[Running] = field(default_factory=list)
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    looks: int = 0

    def serve(self) -> None:
        """Run until the parent closes the socket or is gone."""
        self.channel.setblocking(False)
        while os.getppid() == self.parent:
            if not self.exchange(wait=0.0 if self.preload else TICK):
                break
            self.watch()
            self.reap()
            while self.queue and len(self.running) < self.workers:
                self.fork(*self.queue.popleft())
            if self.preload:
                self.load(self.preload.popleft())
        self.kill_all()

    def exchange(self, *, wait: float) -> bool:
        """Read and write what can be; False once the parent has closed its end."""
        readers = [self.channel.fileno(), *(job.result for job in self.running)]
        ready, writable, _ = select.select(readers, [self.channel] if self.outbox else [], [], wait)
        for job in self.running:
            if job.result in ready:
                receive(job)
        try:
            if writable:
                del self.outbox[: self.channel.send(self.outbox[:CHUNK])]
            if self.channel.fileno() in ready:
                data = self.channel.recv(CHUNK)
                if not data:
                    return False
                self.inbox += data
        except BlockingIOError:
            return True
        except OSError:
            return False
        for frame in frames(self.inbox):
            self.obey(pickle.loads(frame))  # noqa: S301  # our own parent wrote it
        return True

    def obey(self, message: tuple[object, ...]) -> None:
        """Carry out one frame."""
        match message:
            case ("start", list() as modules, int() as workers):
                self.preload.extend(modules)
                self.workers = workers
            case ("job", int() as ticket, str() as function, bytes() as blob, float() as seconds, int() as memory):
                self.queue.append((ticket, function, blob, seconds, memory))
            case ("cancel",):
                self.kill_all()

    def load(self, name: str) -> None:
        """Preload one module; what cannot be imported here fails in the job that needs it, with its reason."""
        with contextlib.suppress(Exception):
            self.preload.extendleft(reversed(preload(name)))
        self.send("loaded", name)

    def send(self, *message: object) -> None:
        """Queue a frame for the parent."""
        body = pickle.dumps(message, protocol=5)
        self.outbox += HEADER.pack(len(body)) + body

    def fork(self, ticket: int, function: str, blob: bytes, seconds: float, memory: int) -> None:
        """Start a job in a process group of its own."""
        result, answer = os.pipe()
        output = nameless()
        helper = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(result)
            die_with_parent(helper)
            self.channel.close()
            for job in self.running:
                os.close(job.result)
            work(function, blob, answer, output)
        os.close(answer)
        os.set_blocking(result, False)
        self.running.append(
            Running(ticket, pid, result, output, start=time.monotonic(), seconds=seconds, memory=memory)
        )
        self.send("started", ticket)

    def watch(self) -> None:
        """Kill the groups that are past their deadline or over their memory."""
        self.looks += 1
        for job in self.running:
            if job.killed is None:
                spent, used = time.monotonic() - job.start, self.weigh(job)
                job.killed = overrun(spent=spent, seconds=job.seconds, used=used, memory=job.memory)
            if job.killed is not None:
                kill_group(job.pid)

    def weigh(self, job: Running) -> int:
        """The memory of a job, where it has to be looked at: the resident size is cheap and never below it."""
        pids = family(job.pid)
        if sum(map(resident, pids)) <= job.memory and self.looks % GAUGE:
            return 0
        used = sum(map(proportional, pids))
        job.peak = max(job.peak, used)
        return used

    def reap(self) -> None:
        """Report the jobs that have ended."""
        for job in list(self.running):
            pid, status = os.waitpid(job.pid, os.WNOHANG)
            if pid == 0:
                continue
            kill_group(job.pid)  # what it may have left behind
            receive(job)
            self.running.remove(job)
            spent = time.monotonic() - job.start
            self.send("done", job.ticket, *verdict(job, status), spent, job.peak)
            os.close(job.result)
            os.close(job.output)

    def kill_all(self) -> None:
        """Kill what runs, forget what waits."""
        self.queue.clear()
        for job in self.running:
            kill_group(job.pid)
            os.waitpid(job.pid, 0)
            os.close(job.result)
            os.close(job.output)
        self.running.clear()


def receive(job: Running) -> None:
    """Read what the job has written so far."""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(job.result, CHUNK):
            job.answer += data


def verdict(job: Running, status: int) -> tuple[str, bytes, str]:
    """Status, pickled value and detail of a job that has ended."""
    if job.killed is not None:
        return (job.killed[0], b"", job.killed[1])
    answer = frames(job.answer)
    if answer:
        kind, blob, detail = pickle.loads(answer[0])  # noqa: S301  # our own child wrote it
        return (kind, blob, detail)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return ("crashed", b"", f"died of {name}{last_words(job.output)}")
    return ("crashed", b"", f"ended with status {os.WEXITSTATUS(status)}{last_words(job.output)}")
