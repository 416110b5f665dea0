"""What the kernel knows of a job: which processes belong to it, how much memory they hold, and how they are ended.

Linux only: /proc/PID/task/PID/children, /proc/PID/smaps_rollup, /proc/PID/schedstat.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def kill_group(pid: int) -> None:
    """Kill a job and what it started. Its group may not exist yet: then the process alone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


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
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # of a thread that has ended: the others still count
                found.extend(map(int, (thread / "children").read_text().split()))
    return found


def resident(pid: int) -> int:
    """Resident size in bytes, 0 if the process is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def proportional(pid: int) -> int:
    """Proportional set size in bytes (what processes share counts in parts), 0 if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def shares(pid: int) -> tuple[int, int]:
    """Nanoseconds that the first thread of a process ran, and that it waited for a core; zeros if it is gone."""
    try:
        ran, waited, _ = map(int, Path(f"/proc/{pid}/schedstat").read_text().split())
    except (OSError, ValueError):
        return 0, 0
    return ran, waited
