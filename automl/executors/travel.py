"""What a job needs on another machine: its arguments name the files that it reads and writes, and moments of a clock.

A job names files by paths. Where it runs beside them nothing happens; elsewhere the files are put below a folder of
that machine, and the same arguments are unpacked with the paths there. A moment of the monotonic clock, of which each
machine has its own, travels as the seconds until then.
"""

from __future__ import annotations

import io
import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.executors.base import named


class Place(str):
    """The path of a file that a job reads, or of a folder of such files."""

    __slots__ = ()


class Out(Place):
    """The path of a file that a job writes."""

    __slots__ = ()


class Moment(float):
    """A moment of the monotonic clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Arguments as bytes, the files that are read, and those that are written: their paths where they were packed."""

    content: bytes
    read: tuple[Path, ...]
    written: tuple[Path, ...]


def packed(arguments: Mapping[str, object]) -> Parcel:
    """The arguments of a job for another machine; of a folder its files as they are, but for those being written."""
    buffer = io.BytesIO()
    packer = _Packer(buffer)
    packer.dump(dict(arguments))
    read: dict[Path, None] = {}
    for path in packer.read:
        files = sorted(one for one in path.iterdir() if one.suffix != ".part") if path.is_dir() else [path]
        read |= dict.fromkeys(one for one in files if one.is_file())
    return Parcel(content=buffer.getvalue(), read=tuple(read), written=tuple(packer.written))


def unpacked(content: bytes, folder: Path) -> dict[str, Any]:
    """The arguments with their paths below `folder`."""
    arguments: dict[str, Any] = _Unpacker(io.BytesIO(content), folder).load()
    return arguments


def beneath(folder: Path, path: Path | str) -> Path:
    """Where a file with this absolute path lies below a folder of another machine."""
    return folder / Path(path).relative_to("/")


def run(*, function: str, content: bytes, folder: str) -> bytes:
    """Call ``module:function`` with what was packed, its files below `folder`; the pickled answer."""
    return pickle.dumps(named(function)(**unpacked(content, Path(folder))), protocol=5)


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.read: list[Path] = []
        self.written: list[Path] = []

    def persistent_id(self, obj: Any) -> tuple[str, str | float] | None:
        if type(obj) is Moment:
            return ("moment", float(obj) - time.monotonic())
        if not isinstance(obj, Place):
            return None
        path = Path(obj).absolute()  # a worker works in another folder
        (self.written if isinstance(obj, Out) else self.read).append(path)
        return ("path", str(path))


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self.folder = folder

    def persistent_load(self, pid: Any) -> object:
        kind, value = pid
        return Moment(time.monotonic() + value) if kind == "moment" else str(beneath(self.folder, value))
