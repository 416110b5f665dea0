"""Files of other machines on the disk of this one, by the hash of their content: each travels once, under a quota."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from automl import disk
from automl.errors import MachineError

QUOTA = 8_000_000_000  # bytes; at most a part of what is free, too
OF_FREE = 0.5


@dataclass(frozen=True, slots=True)
class NodeCache:
    """A folder of this user that processes share. What a job uses is linked: it stays there when it is let go here."""

    folder: Path
    quota: int = QUOTA

    @classmethod
    def usual(cls) -> NodeCache:
        """The cache of this machine; MachineError where another user has taken its place."""
        folder = Path(tempfile.gettempdir()) / f"automl-node-{os.getuid()}"
        with disk.machine_errors(folder):
            disk.make_folder(folder, mode=0o700)
            found = folder.lstat()
        if folder.is_symlink() or found.st_uid != os.getuid():
            raise MachineError("the cache of files of other machines belongs to somebody else", where=str(folder))
        free = os.statvfs(folder)
        return cls(folder, int(min(QUOTA, OF_FREE * free.f_bavail * free.f_frsize)))

    def link(self, digest: str, target: Path) -> bool:
        """Whether the file is there; it then stands at `target`, too."""
        path = self.folder / digest
        try:
            disk.make_folder(target.parent)
            disk.hardlink(path, target)
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def add(self, digest: str, chunks: Iterable[bytes]) -> None:
        """Take in a file; what was not used for longest goes. MachineError where it is not what its hash says."""
        found = hashlib.sha256()
        with disk.whole_file(self.folder / digest) as partial:
            with disk.writing(partial, mode=0o600) as file:
                for chunk in chunks:
                    found.update(chunk)
                    file.write(chunk)
            if found.hexdigest() != digest:
                raise MachineError("a file arrived damaged from another machine", where=digest)
        self._let_go(digest)

    def _let_go(self, newest: str) -> None:
        """Remove files, the one not used for longest first, until the others fit into the quota."""
        found = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another process lets go, too
                told = path.stat()
                found.append((told.st_mtime, told.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.quota:
                return
            if path.name != newest and len(path.name) == len(newest):  # another name is of one being written
                disk.discard(path)
                total -= size
