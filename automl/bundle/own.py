"""Which bundles are this user's own: their content hashes, as the fits that wrote them noted in the data folder.

Any other bundle is a stranger's, and is tried in a process of its own before it is opened (see `bundle.quarantine`).
"""

from __future__ import annotations

import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl import disk
from automl.errors import MachineError
from automl.host import files as host

MOST = 20_000  # hashes that are kept, 1.3 MB: the oldest go first
TRIES, PAUSE = 200, 0.01  # seconds: who holds the lock writes for a moment, unless it was stopped
NOTES = "own"  # the file of them
_HASH = re.compile(r"[0-9a-f]{64}")


class OwnWarning(UserWarning):
    """A bundle was written and could not be noted as one's own; it works, and opens a little later."""


def note(content_hash: str) -> None:
    """Note that this user wrote the bundle of this content hash; warns where the data folder refuses."""
    try:
        folder = _folder()
        with disk.machine_errors(folder):
            disk.make_folder(folder, mode=0o700)
            with _locked(folder):
                _add(folder / NOTES, content_hash)
    except (MachineError, RuntimeError) as error:  # RuntimeError: nobody knows where the home folder is
        what = "the bundle could not be noted as your own, so it is opened as a stranger's is"
        warnings.warn(f"{what}: {error}", OwnWarning, stacklevel=2)


def is_own(content_hash: str) -> bool:
    """Whether a fit of this user wrote a bundle of this content hash, which must be the one that its files have."""
    try:
        return content_hash in _read(_folder() / NOTES)
    except (OSError, RuntimeError):
        return False


def _folder() -> Path:
    """Where a user's programs keep data (XDG base directories, which have to be absolute)."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".local" / "share") / "automl"


def _read(path: Path) -> list[str]:
    """The hashes in a file that nobody but this user can have written; none where it is another one."""
    try:
        handle = os.open(path, os.O_RDONLY | host.NO_FOLLOW | host.NO_WAIT)
    except FileNotFoundError:
        return []
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        found = os.fstat(handle)
        if not (stat.S_ISREG(found.st_mode) and host.is_mine(found)):
            return []
        return [line for line in file.read(MOST * 65).splitlines() if _HASH.fullmatch(line)]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = disk.system.open(folder / "own.lock", os.O_RDWR | os.O_CREAT | host.NO_FOLLOW, 0o600)
    try:
        for last in [*[False] * TRIES, True]:
            try:
                host.lock(handle)
                break
            except BlockingIOError:
                if last:
                    raise
                threading.Event().wait(PAUSE)
        yield
    finally:
        os.close(handle)


def _add(path: Path, content_hash: str) -> None:
    """The notes with one more, in place of the old ones: who reads meanwhile finds the ones or the others."""
    known = _read(path)
    if content_hash in known:
        return
    with disk.whole_file(path) as partial:
        disk.write(partial, "".join(f"{line}\n" for line in [*known, content_hash][-MOST:]).encode(), mode=0o600)
