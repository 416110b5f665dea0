"""Run a command and watch it from outside: wall time as the shell sees it, and the memory of its process tree."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.executors._processes import family, kill_group, proportional

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
    load = os.getloadavg()[0]
    out, err = logs / "stdout.txt", logs / "stderr.txt"
    start = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(list(command), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(proportional, family(process.pid))))
            if time.monotonic() - start > timeout:
                for member in reversed(family(process.pid)):
                    kill_group(member)
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
