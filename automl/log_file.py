"""A file that grows piece by piece, such as a journal: what was taken is on the disk, what was refused is not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from automl import disk
from automl.host.files import read_at


class LogFile:
    """An open log of `size` bytes. Its methods raise `OSError` where the disk refuses."""

    def __init__(self, path: Path, *, mode: int = 0o666) -> None:
        """Open the log at `path`, made with `mode` if there is none; its name is on the disk then."""
        self._handle = disk.system.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, mode)
        self._open = True
        try:
            self.size = os.fstat(self._handle).st_size
            disk.sync(path.parent)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        return self._handle

    def content(self) -> bytes:
        """All of it."""
        return read_at(self._handle, self.size, 0)

    def add(self, piece: bytes) -> None:
        """Write one piece at the end, and wait for the disk."""
        try:
            left = memoryview(piece)
            while left:
                left = left[disk.system.write(self._handle, left) :]
            disk.system.sync(self._handle)
        except BaseException:
            with suppress(OSError):
                disk.system.truncate(self._handle, self.size)
            raise
        self.size += len(piece)

    def cut(self, size: int) -> None:
        """Forget what stands after the first `size` bytes."""
        disk.system.truncate(self._handle, size)
        self.size = size

    def close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
