"""A private folder of this process for what was brought, with what each file of it is called by people.

It is gone when the process ends; what a killed one left goes when the next one begins a spool.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from automl import disk
from automl.addresses import address_of
from automl.errors import DataError, MachineError, SpecError
from automl.own_names import dead_names, own_name

QUOTA = 0.9  # of the room that is free
PRIVATE = 0o700


@dataclass(slots=True, kw_only=True)
class Spool:
    """A process's spool. `slots` are the folders by what was asked for, `names` what files are called.

    `marks` say of which state of an object or a table a file is, `digests` are those of versions of tables.
    """

    folder: Path
    owner: int
    slots: dict[str, Path] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    marks: dict[Path, str] = field(default_factory=dict)
    digests: dict[Path, str] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def slot(self, asked: str) -> Path:
        """The folder for what was asked for."""
        if asked not in self.slots:
            self.slots[asked] = self.folder / str(len(self.slots))
            disk.make_folder(self.slots[asked])
        return self.slots[asked]

    def check_room(self, size: int, where: str) -> None:
        """Refuse to bring `size` bytes for which there is no room. MachineError."""
        if size > (free := int(QUOTA * shutil.disk_usage(self.folder).free)):
            raise MachineError(
                f"{size:,} bytes have to be brought here, and there is room for {free:,}",
                where=where,
                hint=f"name fewer objects, or let TMPDIR name a larger disk than that of {self.folder.parent}",
            )

    def drop(self, path: Path) -> None:
        """Forget a file that is there no more."""
        disk.discard(path)
        self.names.pop(str(path), None)
        self.marks.pop(path, None)


_spools: list[Spool] = []


def spool() -> Spool:
    """The spool of this process, made when it is first asked for."""
    if not _spools or _spools[-1].owner != os.getpid():
        place = Path(tempfile.gettempdir()) / "automl"
        for dead in dead_names(place, "spool"):
            disk.discard(dead)
        folder = own_name(place, "spool")
        disk.discard(folder)  # of a process that once had our number
        with disk.machine_errors(folder):
            disk.make_folder(folder, mode=PRIVATE, new=True)
        _spools[:] = [Spool(folder=folder, owner=os.getpid())]
        atexit.register(_end, folder, os.getpid())
    return _spools[-1]


def known_as(path: str | Path) -> str:
    """What people call a file: that of the spool, or an address, by its address, any other by its path."""
    known = _spools[-1].names.get(str(path)) if _spools else None
    return known or str(address_of(path) or path)


def digest_of(path: Path) -> str | None:
    """The digest of the version of a table that a file of the spool is."""
    return _spools[-1].digests.get(path) if _spools else None


@contextmanager
def by_address() -> Iterator[None]:
    """Errors about files of the spool say where these came from."""
    try:
        yield
    except (DataError, MachineError, SpecError) as error:
        if not _spools or str(_spools[-1].folder) not in str(error):
            raise
        where, hint = _told(error.where or ""), _told(error.hint or "")
        raise type(error)(_told(error.what), where=where, hint=hint) from error.__cause__


def _told(text: str) -> str:
    for path, name in sorted(_spools[-1].names.items(), key=lambda item: len(item[0]), reverse=True):
        text = text.replace(path, name)
    return text


def _end(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        disk.discard(folder)
