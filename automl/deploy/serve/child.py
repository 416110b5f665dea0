"""A worker process as its parent has it: how it is started, ordered, heard and ended."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from automl.deploy.serve.meter import FOLDER
from automl.deploy.serve.settings import Settings
from automl.errors import AutomlError, BundleError, DataError, MachineError, SpecError

SILENT = 60.0  # seconds without a sign of life: the worker hangs
ERRORS: dict[int, type[AutomlError]] = {
    error.exit_code: error for error in (SpecError, DataError, BundleError, MachineError)
}


Reply = dict[str, Any]


class Child:
    """A worker process and the channel to it."""

    def __init__(self, process: asyncio.subprocess.Process, writer: asyncio.StreamWriter) -> None:
        self.process = process
        self.tallied: Callable[[Reply], None] = lambda _: None  # is given what a challenger did
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
                if reply["said"] == "tally":
                    self.tallied(reply)
                elif reply["said"] != "alive":
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


async def spawn(
    slot: int, settings: Settings, listening: socket.socket, numbers: Path
) -> tuple[Child, Coroutine[object, None, None]]:
    """A new worker and what hears it, to be run beside; its numbers go into the folder that all workers share."""
    ours, theirs = socket.socketpair()
    with theirs:
        sockets = [listening.fileno(), theirs.fileno()]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "automl.deploy.serve.worker",
            *map(str, sockets),
            str(slot),
            settings.to_json(),
            pass_fds=sockets,
            env=worker_environment(numbers, os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent, which ends them tidily
        )
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    child = Child(process, writer)
    return child, child.hear(reader)


def worker_environment(numbers: Path, ours: Mapping[str, str]) -> dict[str, str]:
    """Ours, with one thread for each worker, the folder of the numbers of all, and the place of this package."""
    paths = [str(Path(__file__).parents[3]), ours.get("PYTHONPATH", "")]
    single = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**single, **ours, FOLDER: str(numbers), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def error_of(reply: Reply | None) -> AutomlError:
    """The error that a worker told, or that it ended before it told anything."""
    if reply is None:
        return MachineError("a worker ended before it answered", hint="Its last words stand above.")
    kind = ERRORS.get(reply["code"], AutomlError)
    return kind(reply["what"], where=reply["where"], hint=reply["hint"])
