"""The parent of the workers: it holds the socket, starts what died, and swaps bundles in all of them at once."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from automl import disk
from automl.deploy.serve.child import Child, Reply, error_of, spawn
from automl.deploy.serve.copies import Copy, Source, copied, with_key
from automl.deploy.serve.listening import address_of, listen
from automl.deploy.serve.log import Log
from automl.deploy.serve.settings import Settings, check
from automl.deploy.serve.trial import Tally, broken
from automl.errors import AutomlError, MachineError
from automl.host.files import in_memory
from automl.host.processes import hands_over
from automl.model_registry.change import Note, user
from automl.model_registry.promote import withdraw
from automl.model_registry.state import SHORT, Canary

FOLLOWED, REFUSED = 0.25, 10.0  # seconds between two looks at a pointer, and after a swap that was refused
SOON, LATEST, LONG = 0.1, 5.0, 10.0  # seconds: first and longest pause before a new start; a life that was long


def serve(
    bundle: Path, settings: Settings, *, open_to_all: bool = False, told: Callable[[str], None] = lambda _: None
) -> None:
    """Answer requests with `bundle` until SIGTERM or Ctrl-C; SIGHUP reads the bundle's folder again.

    Of the registry of a model its champion answers, its canary a share of requests, and its pointer is followed. `told`
    gets the address once the server answers. Raises `SpecError` for settings that would answer strangers, `BundleError`
    or `DataError` where the bundle cannot be used, `MachineError` where the address is taken.
    """
    if not hands_over():
        what = "this system cannot hand a socket to another process, which the server needs"
        raise MachineError(
            what, hint="Serve on Linux or macOS, or in WSL; `automl predict` and the Python API work here."
        )
    check(settings, os.environ, open_to_all=open_to_all)
    settings = with_key(settings, bundle)
    if settings.log is not None:
        from automl.watch.store import open_store

        open_store(settings.log, create=True).close()  # a place that can be none is told now
    with ExitStack() as stack:
        listening = stack.enter_context(listen(settings))
        room = stack.enter_context(disk.scratch("automl-serve-"))
        numbers = stack.enter_context(disk.scratch("automl-numbers-", in_memory()))
        parent = Parent(bundle, settings, listening, room, numbers, Log(sys.stderr, worker="parent"))
        asyncio.run(parent.run(told))


class Parent:
    """Keeps as many workers as asked, with a private copy of the bundle and its tables, so a new start is no swap.

    The copy stands in `room`, what the workers count in `numbers`.
    """

    def __init__(
        self, bundle: Path, settings: Settings, listening: socket.socket, room: Path, numbers: Path, log: Log
    ) -> None:
        self._source = Source(bundle)
        self._settings = settings
        self._listening = listening
        self._room = room
        self._log = log
        self._numbers = numbers
        self._tally = Tally()
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
            if self._source.is_followed:
                self._do(self._follow())
            await stop
        finally:
            await self._end()

    async def _follow(self) -> None:
        """Swap whenever the pointer of the registry has moved; one that is refused is tried again a while later."""
        while not self._stopping.is_set():
            await asyncio.sleep(FOLLOWED)
            moved = await asyncio.to_thread(self._source.has_moved, self._copy.serving)
            if moved and not await self.swap():
                await asyncio.sleep(REFUSED)

    async def swap(self) -> bool:
        """Let all workers open what is to be served now; they change over once each of them could (V10).

        Whether they did.
        """
        async with self._swapping:
            try:
                copy = self._copied()
            except AutomlError as error:
                self._log("error", "swap refused", what=error.what)
                return False
            children = list(self._children.values())
            replies = [reply for reply in await asyncio.gather(*(c.ask(**copy.order()) for c in children)) if reply]
            refused = [reply for reply in replies if reply["said"] != "loaded"]
            if refused or not replies:
                await asyncio.gather(*(child.ask(do="drop") for child in children))
                copy.remove()
                self._log("error", "swap refused", **_why(refused))
                return False
            before, self._copy = self._copy, copy
            if before.serving.canary != copy.serving.canary:
                self._tally = Tally()
            await asyncio.gather(*(child.ask(do="swap") for child in children))
            before.remove()
            self._log("info", "swapped", bundle=replies[0]["bundle"])
            self._say_ignored(replies[0])
            return True

    def _tallied(self, told: Reply) -> None:
        """Count what a challenger did; one that breaks a gate or its budget answers no more."""
        canary = self._copy.serving.canary
        if canary is None or told["since"] != canary.since or canary.since in self._source.ended:
            return
        self._tally.add(Tally(**told["tally"]))
        if (why := broken(self._tally, canary.loss_budget)) is not None:
            self._source.ended.add(canary.since)  # `_follow` sees it
            self._do(self._withdraw(canary, why))

    async def _withdraw(self, canary: Canary, why: str) -> None:
        note = Note(why=why, who=f"{user()} (automl serve)", facts=asdict(self._tally))
        self._log("warning", "canary withdrawn", bundle=canary.version[:SHORT], why=why)
        try:
            await asyncio.to_thread(withdraw, self._source.path, only=canary, note=note)
        except AutomlError as error:
            self._log("error", "the registry was not told", what=error.what)

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
        child.tallied = self._tallied
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
        """What is to be served as it is now; whether it is right, the workers find out."""
        self._copies += 1
        return copied(self._source.look(), self._settings.tables, self._room / str(self._copies))

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


def _why(refused: list[Reply]) -> Reply:
    reply = refused[0] if refused else {"what": "no worker could be asked"}
    return {"what": reply["what"]}
