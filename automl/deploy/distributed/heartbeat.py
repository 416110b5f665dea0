"""Signs of life: a worker changes a file of its own, and others see by their own clock whether it still does."""

from __future__ import annotations

import itertools
import os
import platform
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from automl import disk
from automl.errors import MachineError

BEATS = 6  # in the time of a lease: some may be late


def new_name() -> str:
    """A name that no other worker of any machine has, of letters, digits and dashes."""
    host = re.sub(r"[^A-Za-z0-9]+", "-", platform.node())[:40].strip("-") or "host"
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def beating(path: Path, lease: float) -> Iterator[None]:
    """While the block runs, the file at `path` changes some times in `lease` seconds; then it is gone."""
    over = threading.Event()

    def beat() -> None:
        for number in itertools.count(1):
            if over.wait(lease / BEATS):
                return
            with suppress(OSError, MachineError):  # a full disk: others will take the chunk, and get the same bytes
                _write(path, number)

    _write(path, 0)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        disk.discard(path)


def _write(path: Path, number: int) -> None:
    with disk.writing(path) as file:
        file.write(b"%d\n" % number)


class Observer:
    """Watches the files of other workers in a folder.

    The clocks of two machines are never compared: a worker is gone when its file has not changed while `lease` seconds
    of this process's monotonic `clock` went by.
    """

    def __init__(self, folder: Path, lease: float, clock: Callable[[], float]) -> None:
        self._folder, self._lease, self._clock = folder, lease, clock
        self._seen: dict[str, tuple[bytes | None, float]] = {}

    def is_gone(self, worker: str) -> bool:
        """Whether it showed no sign of life for the time of a lease. The first look at a worker says no."""
        beat = self._beat(worker)
        now = self._clock()
        before = self._seen.get(worker)
        if before is None or before[0] != beat:
            self._seen[worker] = beat, now
            return False
        return now - before[1] >= self._lease

    def _beat(self, worker: str) -> bytes | None:
        try:
            return (self._folder / worker).read_bytes()
        except OSError:
            return None
