"""The parent of the workers: it holds the socket, starts what died, and swaps bundles in all of them at once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl import disk
from automl.data.read.files import files
from automl.deploy.serve.child import Child, Reply, error_of, spawn
from automl.deploy.serve.listening import address_of, listen
from automl.deploy.serve.log import Log
from automl.deploy.serve.settings import Settings, check
from automl.errors import AutomlError, BundleError, DataError, MachineError
from automl.host.processes import hands_over

SOON, LATEST, LONG = 0.1, 5.0, 10.0  # seconds: first and longest pause before a new start; a life that was long


def serve(
    bundle: Path, settings: Settings, *, open_to_all: bool = False, told: Callable[[str], None] = lambda _: None
) -> None:
    """Answer requests with `bundle` until SIGTERM or Ctrl-C; SIGHUP reads the bundle's folder again.

    `told` gets the address once the server answers. Raises `SpecError` for settings that would answer strangers,
    `BundleError` or `DataError` where the bundle cannot be used, `MachineError` where the address is taken.
    """
    if not hands_over():
        what = "this system cannot hand a socket to another process, which the server needs"
        raise MachineError(
            what, hint="Serve on Linux or macOS, or in WSL; `automl predict` and the Python API work here."
        )
    check(settings, os.environ, open_to_all=open_to_all)
    if settings.log is not None:
        from automl.watch.store import open_store

        open_store(settings.log, create=True).close()  # a place that can be none is told now
    with listen(settings) as listening, disk.scratch("automl-serve-") as room:
        parent = Parent(bundle, settings, listening, room, Log(sys.stderr, worker="parent"))
        asyncio.run(parent.run(told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A bundle and the other tables that it reads as they were at one moment, where nobody else writes."""

    bundle: Path
    tables: Mapping[str, str]

    def order(self) -> dict[str, str]:
        """What a worker is told to load."""
        return {"do": "load", "path": str(self.bundle), "tables": json.dumps(dict(self.tables))}

    def remove(self) -> None:
        """Remove both, once nobody answers with them."""
        disk.discard(self.bundle.parent)


class Parent:
    """Keeps as many workers as asked, with a private copy of the bundle and its tables, so a new start is no swap."""

    def __init__(self, bundle: Path, settings: Settings, listening: socket.socket, room: Path, log: Log) -> None:
        self._bundle = bundle
        self._settings = settings
        self._listening = listening
        self._room = room
        self._log = log
        self._numbers = room / "numbers"
        disk.make_folder(self._numbers)
        self._copies = 0
        self._ignored: list[str] = []
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
            address = address_of(self._listening)
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
            replies = [reply for reply in await asyncio.gather(*(c.ask(**copy.order()) for c in children)) if reply]
            refused = [reply for reply in replies if reply["said"] != "loaded"]
            if refused or not replies:
                await asyncio.gather(*(child.ask(do="drop") for child in children))
                copy.remove()
                self._log("error", "swap refused", **_why(refused))
                return
            before, self._copy = self._copy, copy
            await asyncio.gather(*(child.ask(do="swap") for child in children))
            before.remove()
            self._log("info", "swapped", bundle=replies[0]["bundle"])
            self._say_ignored(replies[0])

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
        child, hearing = await spawn(slot, self._settings, self._listening, self._numbers)
        self._born = {other for other in self._born if other.process.returncode is None} | {child}
        self._do(hearing)
        while True:
            copy = self._copy
            reply = await child.ask(**copy.order())
            async with self._swapping:  # a swap that is under way does not know of this worker yet
                if copy != self._copy and reply is not None:
                    continue
                if reply is None or reply["said"] != "loaded":
                    child.kill()
                    raise error_of(reply)
                self._say_ignored(reply)
                self._children[slot] = child
                await child.ask(do="swap")
                return

    def _say_ignored(self, reply: Reply) -> None:
        """Tell once of tables that were given and that the bundle does not read."""
        before, self._ignored = self._ignored, reply["ignored"]
        if self._ignored != before and self._ignored:
            self._log("warning", "tables not read", tables=self._ignored)

    def _copied(self) -> Copy:
        """The bundle and its tables as they are now; whether they are right, the workers find out."""
        self._copies += 1
        room = self._room / str(self._copies)
        bundle = room / f"bundle{self._bundle.suffix}"
        if not self._bundle.exists():
            raise BundleError("there is no such bundle", where=str(self._bundle), hint="`automl fit SPEC` writes one")
        disk.make_folder(room)
        try:
            disk.copy(self._bundle, bundle)
        except (OSError, MachineError) as error:
            disk.discard(room)
            if isinstance(error, MachineError):
                raise
            raise BundleError(f"the bundle cannot be read: {type(error).__name__}", where=str(self._bundle)) from error
        return Copy(bundle=bundle, tables=_pinned(self._settings.tables, room))

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


def _pinned(tables: Mapping[str, str], room: Path) -> dict[str, str]:
    """Copies of the other tables: a worker that starts anew answers as those that were there before."""
    pinned = {}
    for number, (name, where) in enumerate(tables.items()):
        try:
            pinned[name] = str(_pinned_files(Path(where), room / f"table{number}"))
        except (OSError, AutomlError) as error:
            disk.discard(room)
            if isinstance(error, MachineError):
                raise
            why = error.what if isinstance(error, AutomlError) else error.strerror or error
            what = f"the table '{name}' cannot be read: {why}"
            raise DataError(what, where=where, hint="Give it with --table NAME=FILE.") from error
    return pinned


def _pinned_files(where: Path, room: Path) -> Path:
    """Copies of all files behind a file, a folder or a pattern, where links lead too; and what they are behind now."""
    base = where if where.is_dir() else where.parent
    for file in files(where):
        target = room / file.relative_to(base)
        disk.make_folder(target.parent)
        disk.copy(file, target)
    return room if where.is_dir() else room / where.name


def _why(refused: list[Reply]) -> Reply:
    reply = refused[0] if refused else {"what": "no worker could be asked"}
    return {"what": reply["what"]}
