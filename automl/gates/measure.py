"""Measures a staged bundle in fresh processes, by its own score.py, and asks every gate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from automl.errors import BundleError, SpecError
from automl.gates.base import GateVerdict, Measured, gates
from automl.spec.limits import Limits

ROWS = 2_000
ROW_SECONDS = 5.0  # a slow bundle is timed on as many rows as fit in here
LEAST_SECONDS = 1.0  # of rows, however late it is
PROCESS_SECONDS = 60.0  # then the process is ended: not even one row came back
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
STARTS = 5  # of fresh processes, where the cold start has a limit
BULK_ROWS, BULK_BLOCKS, BULK_SECONDS = 16_384, 7, 3.0


def measure(
    staged: Path, limits: Limits, *, row_seconds: float = ROW_SECONDS, everything: bool = False
) -> tuple[GateVerdict, ...]:
    """One verdict for each gate, in the order of their names; gates without a limit report their figure.

    What takes processes of its own, the throughput and further cold starts, is measured where it has a limit or
    `everything` is asked for. A slow bundle is timed on as many rows as fit into `row_seconds`, kept between 1 and 5.
    Raises `BundleError` if score.py fails on the golden rows or does not answer within a minute, and `SpecError`
    for a limit that no gate measures: none is passed over in silence.
    """
    check(limits)
    return verdicts(observe(staged, limits, row_seconds=row_seconds, everything=everything), limits)


def check(limits: Limits) -> None:
    """Raise `SpecError` for a limit that no gate measures."""
    for name in limits.custom or ():
        if name in Limits.model_fields:
            raise SpecError(f"{name} is a limit of its own", where=f"limits.custom.{name}", hint=f"limits.{name} = ...")
        gates.get(name, where=f"limits.custom.{name}")
    for name, limit in limits:
        if limit and name not in {"custom", *gates.all}:
            raise SpecError("no gate measures this limit", where=f"limits.{name}")


def observe(staged: Path, limits: Limits, *, row_seconds: float = ROW_SECONDS, everything: bool = False) -> Measured:
    """The figures of the bundle in `staged` that its gates need.

    Where `everything` is asked for, three processes time single rows, the other measurements between them: what is
    noisy around a bundle often lasts longer than the second that one of them takes.
    """
    seconds = min(max(row_seconds, LEAST_SECONDS), ROW_SECONDS)
    timed = partial(run, staged, rows=ROWS, row_seconds=seconds)
    runs = [timed()]
    colds, bulks = list(runs[0].colds), tuple[float, ...]()
    if everything or limits.cold_start:
        colds += [run(staged, rows=0).colds[0] for _ in range(STARTS - 1)]
    if everything:
        runs.append(timed())
    if everything or limits.throughput:
        bulks = bulk(staged)
    if everything:
        runs.append(timed())
    return replace(_together(runs), colds=tuple(colds), bulks=bulks, bulk_rows=BULK_ROWS if bulks else 0)


def _together(runs: Sequence[Measured]) -> Measured:
    """The rows of several processes as if one had timed them all; memory is that of the largest."""
    firsts = accumulate((found.rows for found in runs), initial=0)
    return replace(
        max(runs, key=lambda found: found.resident),
        walls=tuple(chain.from_iterable(found.walls for found in runs)),
        aside={
            first + row: seconds
            for first, found in zip(firsts, runs, strict=False)
            for row, seconds in found.aside.items()
        },
        asked=sum(found.asked for found in runs),
        seconds=sum(found.seconds for found in runs),
    )


def verdicts(measured: Measured, limits: Limits) -> tuple[GateVerdict, ...]:
    """What each gate says to these figures."""
    return tuple(verdict for gate in gates.all.values() for verdict in gate.judge(measured, limits.of(gate.name)))


def run(
    folder: Path,
    *,
    rows: int = ROWS,
    row_seconds: float = ROW_SECONDS,
    process_seconds: float = PROCESS_SECONDS,
) -> Measured:
    """Run score.py of `folder` on its golden rows, again and again, one row at a time, and bring back what it took.

    It answers one row in any case.
    """
    settings = {"folder": str(folder.resolve()), "rows": rows, "seconds": row_seconds}
    began = time.monotonic()
    found = _probe("_probe.py", settings, folder, process_seconds)
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
        colds=(found["answered"] - began,),
    )


def bulk(
    folder: Path, *, rows: int = BULK_ROWS, blocks: int = BULK_BLOCKS, seconds: float = BULK_SECONDS
) -> tuple[float, ...]:
    """The seconds that each block of `rows` rows took in bulk."""
    engine = str(Path(__file__).resolve().parents[2])
    settings = {"folder": str(folder.resolve()), "engine": engine, "rows": rows, "blocks": blocks, "seconds": seconds}
    return tuple(_probe("_bulk_probe.py", settings, folder, PROCESS_SECONDS)["times"])


def _probe(script: str, settings: Mapping[str, object], folder: Path, seconds: float) -> dict[str, Any]:
    """What a script of ours says in a fresh process that runs for at most `seconds`."""
    path = str(Path(__file__).with_name(script))
    command = [sys.executable, "-I", "-B", path, json.dumps(settings)]  # -I: no path, no user site; -B: no traces left
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
            timeout=seconds,
            check=False,
            start_new_session=True,  # Ctrl-C is for the parent, who decides
        )
    except subprocess.TimeoutExpired:
        raise BundleError(
            f"score.py did not answer within {seconds:g} s",
            where=str(folder),
            hint="The model is too large to serve; a smaller recipe such as 'low-latency' may do.",
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BundleError(f"score.py failed on the golden rows: {last}", where=str(folder))
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
