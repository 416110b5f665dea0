"""A lock that one process holds on a folder; the kernel frees it when that process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from automl.errors import MachineError

LOCK = "lock"  # the file in the folder that is locked; it stays, and names who had it last


def lock(folder: Path, *, what: str, hint: str) -> IO[str]:
    """The lock on `folder`, held until it is closed.

    Raises `MachineError` where another process has it, with `what` the folder is and that process's number (R07).
    """
    path = folder / LOCK
    path.touch(mode=0o600)
    held = path.open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        owner = held.read().strip() or "?"
        held.close()
        raise MachineError(f"{what} is in use by pid {owner}", where=str(folder), hint=hint) from None
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held
