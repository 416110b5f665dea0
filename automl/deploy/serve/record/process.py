"""A process beside a worker that writes what it answered: who answers shares neither its lock nor its caches with it.

What it is handed are pickles of our own, over a socket that nobody else has.
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

from automl.deploy.serve.record.insert import Inserter
from automl.deploy.serve.record.waiting import Group
from automl.errors import AutomlError, MachineError

STARTS = 2  # of the process for one batch
POLITE = 10  # lower in priority: who asks goes first
ALONE = {"POLARS_MAX_THREADS": "1"}  # its blocks are small, and waking threads for them takes longer than the work
RARELY = 200_000  # new objects for a collection: the rows of JSON of some batches, and they are no cycles
ENDING = 5.0  # seconds that it may take to end once nothing more comes


class InsertProcess:
    """Hands batches to the process, and starts it anew where it died."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def start(self) -> None:
        """Start the process."""
        self._started()

    def insert(self, name: str, group: Group) -> None:
        """Let a batch be written, once more by a new process where the one that had it died."""
        for _ in range(STARTS):
            line = self._line or self._started()
            try:
                line.send((name, group))
                refused: str | None = line.recv()
            except (OSError, EOFError):
                self.close()
            else:
                if refused is not None:
                    raise MachineError(refused)
                return
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
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __spec__.name, str(theirs.fileno()), self._where],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **ALONE},
            )
        self._line = ours
        return ours


def serve(line: Connection, inserter: Inserter) -> None:
    """Write what comes until the other end hangs up; the reply is None, or why it could not be written."""
    inserter.start()
    with suppress(EOFError, OSError):
        while True:
            name, group = line.recv()
            line.send(_refused(inserter, name, group))
    inserter.close()


def _refused(inserter: Inserter, name: str, group: Group) -> str | None:
    try:
        inserter.insert(name, group)
    except AutomlError as error:
        return error.what
    except Exception as error:  # noqa: BLE001  # the next batch may be a better one
        return type(error).__name__
    return None


def main(arguments: Sequence[str]) -> None:
    """Start with the number of the descriptor and the place of the store."""
    os.nice(POLITE)
    gc.set_threshold(RARELY)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # the end is told by who answers, or by its death
        signal.signal(number, signal.SIG_IGN)
    serve(Connection(int(arguments[0])), Inserter(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
