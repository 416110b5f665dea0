"""Run a command and watch it from outside: wall time as the shell sees it, and the memory of its process tree."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How a command went. `peak_bytes` is the largest sum of proportional set sizes of its process tree seen."""

    exit_code: int
    wall_seconds: float
    peak_bytes: int
    load_before: float  # of the machine, one-minute average
    stdout: str
    stderr: str


def watch(command: Sequence[str], *, logs: Path, timeout: float) -> Watched:
    """Run `command` to its end, at most `timeout` seconds; its output goes through files in `logs`."""
    load = psutil.getloadavg()[0]
    out, err = logs / "stdout.txt", logs / "stderr.txt"
    start = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = psutil.Popen(list(command), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _tree_bytes(process))
            if time.monotonic() - start > timeout:
                _kill_tree(process)
            time.sleep(SAMPLE_SECONDS if peak else 0.02)
        wall = time.monotonic() - start
    return Watched(
        exit_code=process.returncode,
        wall_seconds=wall,
        peak_bytes=peak,
        load_before=load,
        stdout=out.read_text(encoding="utf-8", errors="replace"),
        stderr=err.read_text(encoding="utf-8", errors="replace"),
    )


def _tree_bytes(process: psutil.Process) -> int:
    """Sum of proportional set sizes; a process that has just ended counts as nothing."""
    try:
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_pss(member.pid) for member in tree)


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    line = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024


def _kill_tree(process: psutil.Process) -> None:
    for member in [*process.children(recursive=True), process]:
        member.kill()
