"""A folder has one owner at a time, and a dead one is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from automl.errors import MachineError
from automl.file_lock import lock

OWNER = """
import sys, time
from pathlib import Path
from automl.file_lock import lock
held = lock(Path(sys.argv[1]), what="the room", hint="wait")
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_is_told_who_was_first(tmp_path: Path) -> None:
    """R07: by the number of its process; once it lets go the next one gets the lock."""
    first = lock(tmp_path, what="the room", hint="wait")
    with pytest.raises(MachineError, match=f"the room is in use by pid {os.getpid()}"):
        lock(tmp_path, what="the room", hint="wait")
    first.close()
    lock(tmp_path, what="the room", hint="wait").close()


def test_a_dead_owner_is_none(tmp_path: Path) -> None:
    """R06: the kernel frees the lock of a process that was killed."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    owner.stdout.readline()
    with pytest.raises(MachineError, match=f"pid {owner.pid}"):
        lock(tmp_path, what="the room", hint="wait")
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    lock(tmp_path, what="the room", hint="wait").close()
