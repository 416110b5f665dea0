"""The parent of the workers: it holds the socket, starts what died, and swaps bundles in all of them at once."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import FOLDER
from automl.deploy.serve.settings import Settings, check
from automl.errors import AutomlError, BundleError, DataError, MachineError, SpecError

BACKLOG = 1024  # connections that wait to be taken
SILENT = 60.0  # seconds without a sign of life: the worker hangs
SOON, LATEST, LONG = 0.1, 5.0, 10.0  # seconds: first and longest pause before a new start; a life that was long
ERRORS: dict[int, type[AutomlError]] = {
    error.exit_code: error for error in (SpecError, DataError, BundleError, MachineError)
}

Reply = dict[str, Any]


def serve(
    bundle: Path, settings: Settings, *, open_to_all: bool = False, told: Callable[[str], None] = lambda _: None
) -> None:
    """Answer requests with `bundle` until SIGTERM or Ctrl-C; SIGHUP reads the bundle's folder again.

    `told` gets the address once the server answers. Raises `SpecError` for settings that would answer strangers,
    `BundleError` or `DataError` where the bundle cannot be used, `MachineError` where the address is taken.
    """
    check(settings, os.environ, open_to_all=open_to_all)
    with listen(settings) as listening, tempfile.TemporaryDirectory(prefix="automl-serve-") as room:
        parent = Parent(bundle, settings, listening, Path(room), Log(sys.stderr, worker="parent"))
        asyncio.run(parent.run(told))


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A listening socket that answers without delay: what is small is not held back for more (V09)."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
        yield listening
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        hint = "Choose another --port, or stop what listens there."
        raise MachineError(f"cannot listen: {error.strerror or error}", where=where, hint=hint) from error
    finally:
        listening.close()


class Child:
    """A worker process and the channel to it."""

    def __init__(self, process: asyncio.subprocess.Process, writer: asyncio.StreamWriter) -> None:
        self.process = process
        self._writer = writer
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue()
        self._asking = asyncio.Lock()
        self._over = False

    async def ask(self, **order: str) -> Reply | None:
        """The reply to an order; None where the worker died."""
        async with self._asking:
            if self._over:
                return None
            self._writer.write(json.dumps(order).encode() + b"\n")
            return await self._replies.get()

    async def hear(self, reader: asyncio.StreamReader) -> None:
        """Take replies until the worker ends; one that is silent too long is killed."""
        try:
            while line := await asyncio.wait_for(reader.readline(), SILENT):
                reply = json.loads(line)
                if reply["said"] != "alive":
                    self._replies.put_nowait(reply)
        except ConnectionError:
            pass  # it died
        except (TimeoutError, ValueError):
            self.kill()
        finally:
            self._over = True
            self._replies.put_nowait(None)
            self._writer.close()

    def hang_up(self) -> None:
        """Let it end what it began, then end; until then it is heard."""
        with suppress(OSError):
            self._writer.write_eof()

    def kill(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            self.process.kill()


class Parent:
    """Keeps as many workers as asked. They all answer with a private copy of the bundle, so a new start is no swap."""

    def __init__(self, bundle: Path, settings: Settings, listening: socket.socket, room: Path, log: Log) -> None:
        self._bundle = bundle
        self._settings = settings
        self._listening = listening
        self._room = room
        self._log = log
        self._numbers = room / "numbers"
        self._numbers.mkdir()
        self._copies = 0
        self._copy = self._copied()
        self._children: dict[int, Child] = {}
        self._born: set[Child] = set()
        self._stopping = asyncio.Event()
        self._swapping = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, told: Callable[[str], None]) -> None:
        """Start, keep, stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._do(self.swap()))
        slots = range(self._settings.workers)
        starts = asyncio.gather(*(self._do(self._start(slot)) for slot in slots))
        stop = self._do(self._stopping.wait())
        try:
            await asyncio.wait({starts, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not starts.done():
                return
            starts.result()
            for slot in slots:
                self._do(self._keep(slot))
            address = _address(self._listening)
            self._log("info", "listening", address=address, workers=self._settings.workers)
            told(address)
            await stop
        finally:
            await self._end()

    async def swap(self) -> None:
        """Let all workers open what the bundle's folder holds now; they change over once each of them could (V10)."""
        async with self._swapping:
            try:
                copy = self._copied()
            except AutomlError as error:
                self._log("error", "swap refused", what=error.what)
                return
            children = list(self._children.values())
            replies = [
                reply for reply in await asyncio.gather(*(c.ask(do="load", path=str(copy)) for c in children)) if reply
            ]
            refused = [reply for reply in replies if reply["said"] != "loaded"]
            if refused or not replies:
                await asyncio.gather(*(child.ask(do="drop") for child in children))
                _remove(copy)
                self._log("error", "swap refused", **_why(refused))
                return
            before, self._copy = self._copy, copy
            await asyncio.gather(*(child.ask(do="swap") for child in children))
            _remove(before)
            self._log("info", "swapped", bundle=replies[0]["bundle"])

    async def _keep(self, slot: int) -> None:
        """Start the worker of a slot again whenever it ends (V08)."""
        pause, began = 0.0, time.monotonic()
        while True:
            child = self._children.get(slot)
            code = None if child is None else await child.process.wait()
            self._children.pop(slot, None)
            if self._stopping.is_set():
                return
            pause = 0.0 if time.monotonic() - began > LONG else min(LATEST, 2 * pause + SOON)
            if child is not None:
                self._log("error", "worker ended", slot=slot, code=code, pause=pause)
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                await self._start(slot)
            except AutomlError as error:
                self._log("error", "worker did not start", slot=slot, what=error.what)

    async def _start(self, slot: int) -> None:
        """A worker that has opened the bundle and answers. `AutomlError` where it cannot."""
        child = await self._spawn(slot)
        while True:
            path = self._copy
            reply = await child.ask(do="load", path=str(path))
            if path != self._copy and reply is not None:  # a swap came between, and that copy is gone
                continue
            if reply is None or reply["said"] != "loaded":
                child.kill()
                raise _error(reply)
            break
        self._children[slot] = child
        await child.ask(do="swap")

    async def _spawn(self, slot: int) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            numbers = [self._listening.fileno(), theirs.fileno()]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "automl.deploy.serve.worker",
                *map(str, numbers),
                str(slot),
                self._settings.to_json(),
                pass_fds=numbers,
                env=worker_environment(self._numbers, os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent, which ends them tidily
            )
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        child = Child(process, writer)
        self._born = {other for other in self._born if other.process.returncode is None} | {child}
        self._do(child.hear(reader))
        return child

    def _copied(self) -> Path:
        """The bundle as it is now, where nobody else writes; whether it is right, the workers find out."""
        self._copies += 1
        copy = self._room / f"{self._copies}{self._bundle.suffix}"
        if not self._bundle.exists():
            raise BundleError("there is no such bundle", where=str(self._bundle), hint="`automl fit SPEC` writes one")
        try:
            if self._bundle.is_file():
                shutil.copyfile(self._bundle, copy)
            else:
                shutil.copytree(self._bundle, copy, symlinks=True)
        except (OSError, shutil.Error) as error:
            _remove(copy)
            raise BundleError(f"the bundle cannot be read: {type(error).__name__}", where=str(self._bundle)) from error
        return copy

    def _do(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end(self) -> None:
        """Take no more connections, wait for what was begun, then end what does not."""
        self._stopping.set()
        self._listening.close()
        children = [child for child in self._born if child.process.returncode is None]
        for child in children:
            child.hang_up()
        waits = [asyncio.ensure_future(child.process.wait()) for child in children]
        if waits:
            await asyncio.wait(waits, timeout=self._settings.grace + 5)
        for child in children:
            child.kill()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*waits, *tasks, return_exceptions=True)
        self._log("info", "stopped")


def worker_environment(numbers: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """Ours, with one thread for each worker, the folder of the numbers of all, and the place of this package."""
    paths = [str(Path(__file__).parents[3]), ours.get("PYTHONPATH", "")]
    single = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**single, **ours, FOLDER: str(numbers), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _remove(copy: Path) -> None:
    if copy.is_file():
        copy.unlink()
    else:
        shutil.rmtree(copy, ignore_errors=True)


def _error(reply: Reply | None) -> AutomlError:
    if reply is None:
        return MachineError("a worker ended before it answered", hint="Its last words stand above.")
    kind = ERRORS.get(reply["code"], AutomlError)
    return kind(reply["what"], where=reply["where"], hint=reply["hint"])


def _why(refused: list[Reply]) -> Reply:
    reply = refused[0] if refused else {"what": "no worker could be asked"}
    return {"what": reply["what"]}


def _address(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
