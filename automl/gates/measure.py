"""Measures a staged bundle in a fresh process, by its own score.py, and asks every gate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from automl.errors import BundleError, SpecError
from automl.gates.base import GateVerdict, Limit, Measured, gates
from automl.spec.limits import Limits

ROWS = 2_000
ROW_SECONDS = 5.0  # a slow bundle is timed on as many rows as fit in here
LEAST_SECONDS = 1.0  # of rows, however late it is
PROCESS_SECONDS = 60.0  # then the process is ended: not even one row came back
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measure(staged: Path, limits: Limits, *, row_seconds: float = ROW_SECONDS) -> tuple[GateVerdict, ...]:
    """One verdict for each gate, in the order of their names; gates without a limit report their figure.

    A slow bundle is timed on as many rows as fit into `row_seconds`, which are kept between 1 and 5.
    Raises `BundleError` if score.py fails on the golden rows or does not answer within a minute, and `SpecError`
    for a limit that no gate measures: none is passed over in silence.
    """
    for name, limit in limits:
        if limit and name not in gates.all:
            raise SpecError("no gate measures this limit", where=f"limits.{name}")
    measured = run(staged, row_seconds=min(max(row_seconds, LEAST_SECONDS), ROW_SECONDS))
    return tuple(verdict for gate in gates.all.values() for verdict in gate.judge(measured, _limit(limits, gate.name)))


def run(
    folder: Path,
    *,
    rows: int = ROWS,
    row_seconds: float = ROW_SECONDS,
    process_seconds: float = PROCESS_SECONDS,
) -> Measured:
    """Run score.py of `folder` on its golden rows, again and again, one row at a time, and bring back what it took."""
    probe = Path(__file__).with_name("_probe.py")
    settings = json.dumps({"folder": str(folder.resolve()), "rows": rows, "seconds": row_seconds})
    command = [sys.executable, "-I", "-B", str(probe), settings]  # -I: no path, no user site; -B: no traces left
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            env=os.environ | ONE_THREAD,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=process_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BundleError(
            f"score.py did not answer within {process_seconds:g} s",
            where=str(folder),
            hint="The model is too large to serve; a smaller recipe such as 'low-latency' may do.",
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BundleError(f"score.py failed on the golden rows: {last}", where=str(folder))
    found = json.loads(done.stdout.splitlines()[-1])
    return Measured(
        folder=folder,
        walls=tuple(found["walls"]),
        aside={int(row): seconds for row, seconds in found["aside"].items()},
        asked=rows,
        start=found["start"],
        resident=found["resident"],
        proportional=found["proportional"],
        threads=found["threads"],
        seconds=time.monotonic() - began,
    )


def _limit(limits: Limits, name: str) -> Limit:
    found: Limit = getattr(limits, name, None)
    return found
