"""A lock that one process holds on a folder; the kernel frees it when that process dies, however it dies."""

from __future__ import annotations

import os
from pathlib import Path

from automl.errors import MachineError
from automl.host import files as host
from automl.log_file import LogFile

LOCK = "lock"  # the file in the folder that is locked; it stays, and names who had it last


def lock(folder: Path, *, what: str, hint: str) -> LogFile:
    """The lock on `folder`, held until it is closed.

    Raises `MachineError` where another process has it, with `what` the folder is and that process's number (R07).
    """
    held = LogFile(folder / LOCK, mode=0o600)
    try:
        host.lock(held.fileno())
        held.cut(0)
        held.add(f"{os.getpid()}\n".encode())
    except BlockingIOError:
        owner = held.content().decode(errors="replace").strip() or "?"
        held.close()
        raise MachineError(f"{what} is in use by pid {owner}", where=str(folder), hint=hint) from None
    except BaseException:
        held.close()
        raise
    return held
