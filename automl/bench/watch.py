"""Run a command and watch it from outside: wall time as the shell sees it, and the memory of its process tree."""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from automl.host.processes import family, kill_group, proportional

SAMPLE_SECONDS = 0.2

Cap = Literal["time", "memory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How a command went. `peak_bytes` is the largest sum of proportional set sizes of its process tree seen."""

    exit_code: int
    wall_seconds: float
    peak_bytes: int
    load_before: float  # of the machine, one-minute average
    load_after: float
    stdout: str
    stderr: str
    killed: Cap | None = None  # by us, because it ran into this cap


def watch(
    command: Sequence[str],
    *,
    logs: Path,
    timeout: float,
    memory: float = math.inf,
    env: Mapping[str, str] | None = None,
) -> Watched:
    """Run `command` to its end, at most `timeout` seconds and `memory` bytes; its output goes through files in `logs`.

    `memory` is of its process tree; `env` are its variables, by default ours. A command that runs into a cap is killed
    with all that it has started.
    """
    load = os.getloadavg()[0]
    out, err = logs / "stdout.txt", logs / "stderr.txt"
    start = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(list(command), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=env)
        try:
            peak, killed = _attend(process, end=start + timeout, memory=memory)
        finally:  # who stops the watcher stops what it watches
            if process.returncode is None:
                _kill(process.pid)
        wall = time.monotonic() - start
    return Watched(
        exit_code=process.returncode,
        wall_seconds=wall,
        peak_bytes=peak,
        load_before=load,
        load_after=os.getloadavg()[0],
        stdout=out.read_text(encoding="utf-8", errors="replace"),
        stderr=err.read_text(encoding="utf-8", errors="replace"),
        killed=killed,
    )


def _attend(process: subprocess.Popen[bytes], *, end: float, memory: float) -> tuple[int, Cap | None]:
    """The largest memory seen until the process ended, and the cap that it was killed for."""
    peak = 0
    killed: Cap | None = None
    while process.poll() is None:
        peak = max(peak, sum(map(proportional, family(process.pid))))
        if time.monotonic() > end or peak > memory:
            killed = "memory" if peak > memory else "time"
            _kill(process.pid)
        time.sleep(SAMPLE_SECONDS if peak else 0.02)
    return peak, killed


def _kill(pid: int) -> None:
    for member in reversed(family(pid)):
        kill_group(member)
