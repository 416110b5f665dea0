"""The one way to the disk: files that are whole or absent, and folders that replace each other in one step.

Whatever is written, synced, renamed or removed goes through `system`. Tests put another one there, which lets each call
fail, and knows what a disk still holds after a power cut.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from automl.errors import MachineError
from automl.host import files as host
from automl.own_names import dead_names, own_name

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP}  # what some network file systems answer where a folder is synced
_BLOCK = 2**20  # bytes that are written at a time
_HINT = "Make room or choose another place, then run again."


class System:
    """The calls that change a disk: all of them, and nothing else. Each raises `OSError` where it fails."""

    def open(self, path: Path, flags: int, mode: int) -> int:
        return os.open(path, flags | host.BINARY, mode)

    def write(self, handle: int, content: ReadableBuffer) -> int:
        return os.write(handle, content)

    def truncate(self, handle: int, size: int) -> None:
        os.ftruncate(handle, size)

    def sync(self, handle: int) -> None:
        os.fsync(handle)

    def rename(self, old: Path, new: Path) -> None:
        old.replace(new)

    def exchange(self, one: Path, other: Path) -> bool:
        """Swap two folders atomically; False where the system cannot."""
        return host.exchange(one, other)

    def make_folder(self, path: Path, mode: int) -> None:
        path.mkdir(mode)

    def make_scratch(self, prefix: str, folder: Path) -> str:
        return tempfile.mkdtemp(prefix=prefix, dir=folder)

    def link(self, path: Path, goal: Path) -> None:
        path.symlink_to(goal)

    def hardlink(self, path: Path, goal: Path) -> None:
        path.hardlink_to(goal)

    def remove(self, path: Path) -> None:
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        shutil.rmtree(path)


system = System()


def write(path: Path, content: bytes, *, mode: int = 0o666, new: bool = False) -> None:
    """Write `content` to `path` and wait until it is on the disk; a full disk is a `MachineError` (R08).

    The name is on the disk when its folder is synced. Of a `new` file that could not be written nothing is left.
    """
    file = writing(path, mode=mode, new=new)
    try:
        with machine_errors(path), file:
            file.write(content)
            file.flush()
            sync(path)
    except BaseException:
        if new:
            discard(path)
        raise


def put(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Let `path` hold `content` in one step, for good: stopped at any moment, it holds that or what it held before."""
    with whole_file(path, path.with_name(f"{path.name}.part")) as partial, writing(partial, mode=mode) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, partial: Path | None = None) -> Iterator[Path]:
    """A path to write to; it becomes `path` when the block ends well, and is removed when it does not (V14).

    Without a name the `partial` file has that of `path` with the number of this process; those of dead ones go.
    """
    with machine_errors(path):
        if partial is None:
            for dead in dead_names(path, "part"):
                remove(dead)
            partial = own_name(path, "part")
        try:
            yield partial
            sync(partial)
            system.rename(partial, path)
            sync(path.parent)
        finally:
            discard(partial)


def writing(path: Path, *, mode: int = 0o666, new: bool = False) -> io.BufferedWriter:
    """The file at `path` to write anew, with `mode` where there is none; a `new` one must not exist. It is not synced.

    What the disk refuses is a `MachineError` at once: who reads while he writes never takes it for damage of his input.
    """
    with machine_errors(path):
        once = os.O_EXCL if new else os.O_TRUNC
        handle = system.open(path, os.O_WRONLY | os.O_CREAT | once, mode)
    return io.BufferedWriter(_Raw(handle, path), _BLOCK)


class _Raw(io.RawIOBase):
    """A file whose bytes go through `system`. It does not tell its number: numpy and polars would write past it."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle, self._path = handle, path

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, content: ReadableBuffer, /) -> int:
        with machine_errors(self._path):
            return system.write(self._handle, content)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return os.lseek(self._handle, offset, whence)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._handle)


def rename(old: Path, new: Path) -> None:
    """Let `new` be the file `old`, in one step; for good once the folder is synced."""
    system.rename(old, new)


def hardlink(path: Path, other: Path) -> None:
    """Let the file at `path` stand at `other`, too, in the same file system; it is there while either name is."""
    system.hardlink(other, path)


def remove(path: Path) -> None:
    """Remove a file or link, if it is there."""
    if os.path.lexists(path):
        system.remove(path)


def copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder with its links; not synced. `OSError` where `source` cannot be read."""
    if not source.is_dir():
        with source.open("rb") as file, writing(target) as written:
            shutil.copyfileobj(file, written, _BLOCK)
        return
    with machine_errors(target):
        system.make_folder(target, 0o777)
    for entry in source.iterdir():
        if entry.is_symlink():
            system.link(target / entry.name, entry.readlink())
        else:
            copy(entry, target / entry.name)


def make_folder(path: Path, *, mode: int = 0o777, new: bool = False, parents: bool = True) -> None:
    """Make a folder, and its `parents`, for good, or raise and leave it unmade.

    FileExistsError where it must be `new` and is not.
    """
    if path.is_dir() and not new:
        return
    if parents and not path.parent.exists():
        make_folder(path.parent)
    try:
        system.make_folder(path, mode)
    except FileExistsError:
        if new or not path.is_dir():
            raise
    else:
        try:
            sync(path.parent)
        except BaseException:
            discard(path)
            raise


def remove_folder(path: Path) -> None:
    """Remove a folder with all that is in it, if it is there; a link or a file there is an OSError."""
    if os.path.lexists(path):
        system.remove_folder(path)


def discard(path: Path) -> None:
    """Remove a file or a folder as far as the disk lets us: it is staged or scratch, and nobody takes it for whole."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            remove(path)


def replace_folder(new: Path, place: Path) -> None:
    """Let `place` be `new` in one step; what stood there before is removed afterwards (B12).

    Both lie in one file system. Where the kernel cannot exchange two folders, the old one is moved aside first, and for
    that moment it is found as ``.NAME.old``.
    """
    aside = place.with_name(f".{place.name}.old")
    with machine_errors(place):
        for path in (*new.rglob("*"), new):
            sync(path)
        if not place.exists():
            system.rename(new, place)
        elif not system.exchange(new, place):
            remove_folder(aside)
            _move_aside(new, place, aside)
        sync(place.parent)  # before anything of the old one goes: a power cut could bring it back
        for old in (new, aside):
            discard(old)


def _move_aside(new: Path, place: Path, aside: Path) -> None:
    system.rename(place, aside)
    try:
        system.rename(new, place)
    except BaseException:
        system.rename(aside, place)
        raise


def make_scratch(prefix: str = "automl-", folder: Path | None = None) -> Path:
    """A new folder for what is needed for a while, readable by nobody else; a full disk is a `MachineError`.

    It stands in `folder`, by default that of temporary files.
    """
    place = folder or Path(tempfile.gettempdir())
    with machine_errors(place):
        return Path(system.make_scratch(prefix, place))


@contextmanager
def scratch(prefix: str = "automl-", folder: Path | None = None) -> Iterator[Path]:
    """Such a folder, for a block."""
    made = make_scratch(prefix, folder)
    try:
        yield made
    finally:
        discard(made)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = host.open_to_sync(path)
    if handle is None:
        return
    try:
        system.sync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC or not path.is_dir():
            raise
    finally:
        os.close(handle)


@contextmanager
def machine_errors(path: Path, *, hint: str = _HINT) -> Iterator[None]:
    """Say what the machine refused, and where."""
    try:
        yield
    except OSError as error:
        what = "the disk is full" if error.errno in _FULL else f"the machine refused: {error.strerror or error}"
        raise MachineError(what, where=str(error.filename or path), hint=hint) from error
