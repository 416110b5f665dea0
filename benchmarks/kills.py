"""Fits that are killed at a random moment, resumed, and verified: how many of 50 end with a whole bundle.

    python benchmarks/kills.py --data ../shared/data             # what is missing of 50, then the table
    python benchmarks/kills.py --data ../shared/data --kills 6
    python benchmarks/kills.py --data ../shared/data --table

Each is a fit of german_credit in 10 s with --write-anyway, killed by SIGKILL: in turn all its processes, or the parent
alone, whose workers must then end by themselves. A fit that ends before its moment is tried again with an earlier one.
Records go to benchmarks/results/kills.jsonl (one a kill; resumable), the table to kills.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from automl.executors._processes import family

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import machine, versions, write_spec
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "kills.jsonl"
TASK, BUDGET = "german_credit", "10s"
KILLS = 50
FIRST, LAST = 0.2, 11.0  # seconds from the start between which the moments are drawn
PATIENCE = 5.0  # seconds in which workers must end when their parent is gone
LONGEST = 120.0  # seconds for the resumed fit
ENDED = {0, 5}  # with --write-anyway both write a bundle
HEADER = ("number", "killed", "after s", "processes", "left behind", "trials kept", "resumed exit", "resumed wall s")
HEADER += ("verify exit", "ok", "load before", "load after")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--kills", type=int, default=KILLS, help="how many there should be in the end")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    done = {record["number"] for record in read(RECORDS)}
    for number in range(said.kills) if not said.table else ():
        if number not in done:
            record = run_one(said.data / TASK, number)
            append(RECORDS, record)
            print(
                number, record["killed"], record["after_seconds"], "ok" if record["ok"] else record["error"], flush=True
            )
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "kills.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_one(folder: Path, number: int) -> Record:
    """Kill one fit, resume it, verify its bundle."""
    draw = np.random.default_rng(number)
    load = os.getloadavg()[0]
    last = LAST
    while True:
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch)
            spec = write_spec(read_task(folder), place / f"{TASK}.toml")
            last = float(draw.uniform(FIRST, last))
            killed = kill(spec, last, everything=number % 2 == 0)
            if killed is not None:
                return {**killed, **resume(spec), **_facts(number, load)}


def kill(spec: Path, seconds: float, *, everything: bool) -> dict[str, object] | None:
    """Start a fit and kill it after `seconds`; None if it had ended by then."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(_fit(spec), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return None
    members = family(process.pid)
    for member in members if everything else members[:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + PATIENCE
    while (left := [member for member in members[1:] if _alive(member)]) and time.monotonic() < end:
        time.sleep(0.05)
    journal = spec.with_suffix(".run") / "journal.jsonl"
    return {
        "killed": "all" if everything else "the parent",
        "after_seconds": round(seconds, 2),
        "processes": len(members),
        "left_behind": len(left),
        "trials_kept": journal.read_bytes().count(b"\n") if journal.is_file() else 0,
    }


def resume(spec: Path) -> dict[str, object]:
    """Go on with the fit and verify what it wrote."""
    start = time.monotonic()
    again = subprocess.run([*_fit(spec), "--resume"], capture_output=True, text=True, timeout=LONGEST, check=False)
    wall = time.monotonic() - start
    bundle = str(spec.with_suffix(".bundle"))
    check = [sys.executable, "-m", "automl", "verify", bundle]
    verified = subprocess.run(check, capture_output=True, text=True, timeout=LONGEST, check=False)
    ok = again.returncode in ENDED and verified.returncode == 0
    return {
        "resumed_exit": again.returncode,
        "resumed_wall_seconds": round(wall, 2),
        "verify_exit": verified.returncode,
        "ok": ok,
        "error": "" if ok else (again.stderr + verified.stderr)[-2000:],
    }


def _fit(spec: Path) -> list[str]:
    settings = ["--set", f"budget.time={BUDGET}", "--set", "budget.workers=2"]
    return [sys.executable, "-m", "automl", "fit", str(spec), *settings, "--write-anyway", "--quiet"]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _facts(number: int, load: float) -> dict[str, object]:
    return {
        "number": number,
        "task": TASK,
        "budget": BUDGET,
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown."""
    if not found:
        yield "no records yet"
        return
    yield f"# {sum(one['ok'] for one in found)}/{len(found)} kills resumed to a verified bundle\n"
    yield origin(found, "python benchmarks/kills.py --data ../shared/data") + "\n"
    yield f"`automl fit` of {TASK}, {BUDGET}, killed by SIGKILL after so many seconds, resumed with `--resume`; then"
    yield f"`automl verify`. Left behind: processes that still ran {PATIENCE:g} s after the kill.\n"
    yield from markdown(HEADER, map(_row, sorted(found, key=lambda one: one["number"])))


def _row(record: Record) -> list[object]:
    return [
        record["number"],
        record["killed"],
        record["after_seconds"],
        record["processes"],
        record["left_behind"],
        record["trials_kept"],
        record["resumed_exit"],
        record["resumed_wall_seconds"],
        record["verify_exit"],
        "yes" if record["ok"] else "no",
        f"{record['load_before']:.1f}",
        f"{record['load_after']:.1f}",
    ]


if __name__ == "__main__":
    main()
