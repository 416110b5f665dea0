"""Files that are whole or absent: writes that reach the disk, and folders that replace each other in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from automl.errors import MachineError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path` and wait until it is on the disk; a full disk is a `MachineError` (R08)."""
    with machine_errors(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_folder(new: Path, place: Path) -> None:
    """Let `place` be `new` in one step; what stood there before is removed afterwards (B12).

    Both lie in one file system. Where the kernel cannot exchange two folders, the old one is moved aside
    first, and for that moment it is found as ``.NAME.old``.
    """
    with machine_errors(place):
        _sync_folder(new)
        if not place.exists():
            new.rename(place)
        elif _exchange(new, place):
            shutil.rmtree(new)
        else:
            aside = place.with_name(f".{place.name}.old")
            shutil.rmtree(aside, ignore_errors=True)
            place.rename(aside)
            new.rename(place)
            shutil.rmtree(aside)
        sync(place.parent)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; it becomes `path` when the block ends well, and is removed when it does not (V14)."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with machine_errors(path):
        try:
            yield partial
            sync(partial)
            partial.replace(path)
            sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def machine_errors(path: Path) -> Iterator[None]:
    """Say what the machine refused, and where."""
    try:
        yield
    except OSError as error:
        what = "the disk is full" if error.errno in _FULL else f"the machine refused: {error.strerror or error}"
        where = str(error.filename or path)
        raise MachineError(what, where=where, hint="Make room or choose another place, then run again.") from error


def _exchange(new: Path, place: Path) -> bool:
    """Swap two folders atomically; False where the system cannot."""
    with suppress(AttributeError, OSError):  # no such function: not Linux, or an old C library
        rename = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(rename(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(place), _RENAME_EXCHANGE) == 0)
    return False


def _sync_folder(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        sync(path)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
