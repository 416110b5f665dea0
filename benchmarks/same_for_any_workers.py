"""The same answer for any number of workers: content hashes of fits that counted work drives, side by side.

    python benchmarks/same_for_any_workers.py --data ../shared/data                     # 20 runs on four tasks
    python benchmarks/same_for_any_workers.py --data ../shared/data --only walmart --workers 1,2,8
    python benchmarks/same_for_any_workers.py --data ../shared/data --executor ray      # the same in Ray's workers

Each run is a process of its own. A task has one content hash, whatever its workers: small data, rows by time, several
tables, and rows that are sampled. Ends with 1 where a task has two.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from automl import examples
from automl.bench.run import write_spec
from automl.bench.tasks import read_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A task with so many `trials`, the `workers` of its runs, and some `settings`; without a folder the example."""

    trials: int
    task: str | None = None
    settings: tuple[str, ...] = ()
    workers: tuple[int, ...] = (1, 2, 8, 2, 8)


CASES = {
    "german": Case(trials=12),
    "bike": Case(task="bike_sharing_hourly", trials=4),
    "cdnow": Case(task="cdnow_repeat_buyers", trials=3, settings=("data.horizon=90d",)),
    "walmart": Case(task="walmart_weekly_sales", trials=3, settings=("budget.memory=950MB", "recipe.folds=3")),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print, and say which differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the tasks")
    parser.add_argument("--only", action="append", choices=[*CASES], help="a task to run")
    parser.add_argument("--workers", help="numbers of workers in place of 1, 2, 8, 2 and 8")
    parser.add_argument("--executor", default="local", help="where trials run")
    said = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, executor {said.executor}\n")
    print("| task | workers | content hash | seconds |\n|---|---|---|---|")
    several = []
    for name in said.only or CASES:
        case, hashes = CASES[name], set()
        for workers in map(int, said.workers.split(",")) if said.workers else case.workers:
            found, seconds = _run(said.data, case, workers, said.executor)
            hashes.add(found)
            print(f"| {name} | {workers} | {found[:24]} | {seconds:.0f} |", flush=True)
        several += [name] if len(hashes) > 1 or "none" in hashes else []
    print(f"\n{'each task has one hash' if not several else 'NOT the same: ' + ', '.join(several)}")
    return int(bool(several))


def _run(data: Path, case: Case, workers: int, executor: str) -> tuple[str, float]:
    """Content hash and seconds of a fit, in a folder that has the same name each time: paths are part of a spec."""
    folder = Path(tempfile.gettempdir()) / "automl-same-for-any-workers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    spec = _spec(data, case, folder)
    told = (f"budget.workers={workers}", f"budget.executor={executor}", f"budget.trials={case.trials}")
    settings = ("budget.time=60min", "report.html=false", *told, *case.settings)
    words = [word for setting in settings for word in ("--set", setting)]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "automl", "fit", str(spec), *words, "--write-anyway", "--json"],
        capture_output=True,
        check=False,
        text=True,
    )
    manifests = list(folder.rglob("*.bundle/manifest.json"))
    if not manifests:
        print(done.stderr.strip()[-500:], file=sys.stderr)
    found = json.loads(manifests[0].read_bytes())["content_hash"] if manifests else "none"
    shutil.rmtree(folder)
    return found, time.monotonic() - start


def _spec(data: Path, case: Case, folder: Path) -> Path:
    if case.task is not None:
        task = read_task((data / case.task).resolve(), costs=False, main_table=False)
        return write_spec(task, folder / "spec.toml")
    return examples.write("german-credit", folder / "example")


if __name__ == "__main__":
    sys.exit(main())
