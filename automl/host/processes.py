"""Processes: which belong to one, how much memory they hold, whether one lives, and how all of them are ended.

Read from Linux's /proc, which costs microseconds; elsewhere from psutil.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from automl.host import portable

Answer = TypeVar("Answer")
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def forks() -> bool:
    """Whether a process can be copied with what it has imported, and followed in groups that are ended as one."""
    return all(hasattr(os, name) for name in ("fork", "setsid", "killpg", "waitpid")) and not portable()


def hands_over() -> bool:
    """Whether a new process can be given open sockets by their numbers."""
    return os.name == "posix"


def leave_session() -> None:
    """Lead a session and a group of one's own from now on, where there are such."""
    if hasattr(os, "setsid"):
        os.setsid()


def die_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent ends; end it at once where `parent` is gone already.

    Without the kernel's help (macOS) whoever waits for an answer on a pipe is ended by the pipe.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def has_proc() -> bool:
    """Whether processes are read from Linux's /proc, and not through psutil."""
    return not portable() and Path("/proc/self/smaps_rollup").exists()


def runs(pid: int) -> bool:
    """Whether there is a process of that number, whoever's it is."""
    if os.name != "posix":
        import psutil

        return bool(psutil.pid_exists(pid))
    with suppress(PermissionError):  # another user's
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


def kill_group(pid: int) -> None:
    """Kill a job and what it started. Its group may not exist yet: then the process alone."""
    if hasattr(os, "killpg"):
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)
        return
    for member in reversed(family(pid)):
        _asked(member, lambda process: process.kill(), None)


def family(pid: int) -> list[int]:
    """The process and all below it, whichever thread has started them."""
    return list(_tree(pid))


def leaves(pid: int) -> list[int]:
    """Those of the family that have started no other, the ones that compute: never empty, whatever forks meanwhile."""
    return [member for member, started in _tree(pid).items() if not started]


def _tree(pid: int) -> dict[int, list[int]]:
    """Each process of the family with those that it has started, each looked at once.

    A process that is adopted between two looks is taken for the child of the first that was seen with it: so the
    family is a tree, and a tree has leaves.
    """
    tree: dict[int, list[int]] = {}
    waiting, seen = [pid], {pid}
    for member in waiting:
        tree[member] = [child for child in dict.fromkeys(_children(member)) if child not in seen]
        seen.update(tree[member])
        waiting += tree[member]
    return tree


def _children(pid: int) -> list[int]:
    if not has_proc():
        return _asked(pid, lambda process: [child.pid for child in process.children()], [])
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):  # of a thread that has ended: the others still count
                found.extend(map(int, (thread / "children").read_text().split()))
    return found


def resident(pid: int) -> int:
    """Resident size in bytes, 0 if the process is gone."""
    if not has_proc():
        return _asked(pid, lambda process: int(process.memory_info().rss), 0)
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def proportional(pid: int) -> int:
    """Proportional set size in bytes (what processes share counts in parts), 0 if the process is gone.

    Elsewhere than on Linux the memory that a process shares with none, which is less.
    """
    if not has_proc():
        return _asked(pid, lambda process: int(process.memory_full_info().uss), 0)
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def shares(pid: int) -> tuple[int, int]:
    """Nanoseconds that the first thread of a process ran, and that it waited for a core.

    Zeros if the process is gone; what it waited is known on Linux alone.
    """
    if not has_proc():
        return _asked(pid, lambda process: int(sum(process.cpu_times()[:2]) * 1e9), 0), 0
    try:
        ran, waited, _ = map(int, Path(f"/proc/{pid}/schedstat").read_text().split())
    except (OSError, ValueError):
        return 0, 0
    return ran, waited


def process_start() -> float:
    """When this process started, on the clock of `time.monotonic`: imports are part of the budget."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        import psutil

        age = time.time() - psutil.Process().create_time()
    return time.monotonic() - max(0.0, age)


def _asked(pid: int, question: Callable[[Any], Answer], gone: Answer) -> Answer:
    """What psutil says of a process, `gone` where it has ended or is another user's."""
    import psutil

    try:
        return question(psutil.Process(pid))
    except psutil.Error:
        return gone
