"""A process beside a worker that writes what it answered: who answers shares neither its lock nor its caches with it.

It reads the ring of the worker. What else it is handed are pickles of our own, over a socket that nobody else has.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe

from automl.deploy.serve.record.insert import Inserter, Outcome, reason
from automl.deploy.serve.record.ring import Ring
from automl.deploy.serve.record.waiting import Batch
from automl.errors import MachineError

STARTS = 2  # of the process for one batch
POLITE = 10  # lower in priority: who asks goes first
ALONE = {"POLARS_MAX_THREADS": "1"}  # its blocks are small, and waking threads for them takes longer than the work
RARELY = 200_000  # new objects for a collection: the rows of JSON of some batches, and they are no cycles
ENDING = 5.0  # seconds that it may take to end once nothing more comes


class InsertProcess:
    """Hands batches to the process, and starts it anew where it died."""

    def __init__(self, where: str, ring: Ring) -> None:
        self._where, self._ring = where, ring
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def start(self) -> None:
        """Start the process."""
        self._started()

    def insert(self, name: str, batch: Batch) -> list[Outcome]:
        """Let a batch be written, once more by a new process where the one that had it died."""
        for _ in range(STARTS):
            line = self._line or self._started()
            try:
                line.send((name, batch))
                found: list[Outcome] | str = line.recv()
            except (OSError, EOFError):
                self.close()
            else:
                if isinstance(found, str):
                    raise MachineError(found)
                return found
        raise MachineError("the process that writes answers down died over them")

    def close(self) -> None:
        """Hang up: it ends what it began, and itself."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDING)
        self._line = self._process = None

    def _started(self) -> Connection:
        ours, theirs = Pipe()
        with theirs:
            shared = [theirs.fileno(), self._ring.file]
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __spec__.name, *map(str, shared), self._where],
                pass_fds=shared,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **ALONE},
            )
        self._line = ours
        return ours


def serve(line: Connection, inserter: Inserter) -> None:
    """Write what comes until the other end hangs up, and say what became of it, or why nothing did."""
    inserter.start()
    with suppress(EOFError, OSError):
        while True:
            name, batch = line.recv()
            line.send(_inserted(inserter, name, batch))
    inserter.close()


def _inserted(inserter: Inserter, name: str, batch: Batch) -> list[Outcome] | str:
    try:
        return inserter.insert(name, batch)
    except Exception as error:  # noqa: BLE001  # the next batch may be a better one
        return reason(error)


def main(arguments: Sequence[str]) -> None:
    """Start with the descriptors of the line and of the ring, and the place of the store."""
    os.nice(POLITE)
    gc.set_threshold(RARELY)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # the end is told by who answers, or by its death
        signal.signal(number, signal.SIG_IGN)
    line, ring, where = arguments
    serve(Connection(int(line)), Inserter(where, Ring(int(ring))))


if __name__ == "__main__":
    main(sys.argv[1:])
