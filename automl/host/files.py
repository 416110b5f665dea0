"""Files and folders: locks, two names that change places, files without a name, and whose a file is."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from automl.host import portable

# Of a file that is opened: refuse a link, don't wait for a pipe. A system that has neither opens it all the same.
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)
BINARY: int = getattr(os, "O_BINARY", 0)  # Windows changes the ends of lines without it
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_LOCKED = 1  # byte, where locks are on parts of a file
_FAR = 2**30  # its place: nobody reads or writes there
_MEMORY = Path("/dev/shm")  # noqa: S108  # a file system of Linux
_ROOM = 32_000_000  # bytes; containers give it 64 MB


def lock(handle: int) -> None:
    """Lock the open file `handle` for this process alone; the kernel frees it when the process dies, however it dies.

    Raises `BlockingIOError` where another one has it. By ``flock``; where there is none by ``msvcrt.locking``, on a
    byte behind the file's end, so that others can read who has it. Where there is neither, nothing is locked.
    """
    if (posix := _module("fcntl")) is not None:
        posix.flock(handle, posix.LOCK_EX | posix.LOCK_NB)
    elif (windows := _module("msvcrt")) is not None:
        place = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            windows.locking(handle, windows.LK_NBLCK, _LOCKED)
        except OSError as error:
            raise BlockingIOError(*error.args) from None
        finally:
            os.lseek(handle, place, os.SEEK_SET)


def exchange(one: Path, other: Path) -> bool:
    """Swap two folders atomically; False where the system cannot, or does not want to."""
    if portable():
        return False
    with suppress(AttributeError, OSError, TypeError):  # no such function: not Linux, or an old C library
        swap = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(swap(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
    return False


def open_to_sync(path: Path) -> int | None:
    """The file or folder at `path`, opened so that it can be synced; None for a folder where folders are not synced."""
    if os.name == "posix":
        return os.open(path, os.O_RDONLY)
    return None if path.is_dir() else os.open(path, os.O_RDWR)


def read_at(handle: int, size: int, place: int) -> bytes:
    """At most `size` bytes of the open file `handle` from `place` on."""
    if hasattr(os, "pread"):
        return os.pread(handle, size, place)
    os.lseek(handle, place, os.SEEK_SET)
    return os.read(handle, size)


def nameless(size: int = 0) -> int:
    """The descriptor of `size` zeros that are gone once it is closed: in memory, else in the temporary folder."""
    if hasattr(os, "memfd_create") and not portable():
        handle = os.memfd_create("automl")
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    os.ftruncate(handle, size)
    return handle


def in_memory() -> Path:
    """The folder for files that are written all the time and need not last: in memory, else the temporary one.

    On a disk each of their pages waits for whoever syncs a file beside them.
    """
    with suppress(OSError):
        if not portable() and os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
            return _MEMORY
    return Path(tempfile.gettempdir())


def is_mine(found: os.stat_result) -> bool:
    """Whether nobody but this user can have written what was `found`; without owners the folder decides."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
