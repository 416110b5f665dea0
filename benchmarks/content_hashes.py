"""What a change of the tree must leave as it is: the content hashes of eight fits that counted work drives.

    python benchmarks/content_hashes.py --data ../shared/data                     # print them
    python benchmarks/content_hashes.py --data ../shared/data --only german       # one of them
    python benchmarks/content_hashes.py --data ../shared/data --write FILE        # keep them
    python benchmarks/content_hashes.py --data ../shared/data --against FILE      # hold them against kept ones

Each fit runs in a process of its own with one worker and `budget.trials`, so that no clock decides anything. Beside
the content hash (spec, reader, graph, definitions, golden answers) stands a digest of scores and verdict.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.bench.run import write_spec
from automl.bench.tasks import read_task

FOLDER = Path("/tmp/automl-content-hashes")  # noqa: S108  # paths are part of the resolved spec: the same in each tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fit of `task` with so many `trials` and some `settings` on top."""

    task: str
    trials: int
    settings: tuple[str, ...] = ()
    costs: bool = True


CASES = {
    "german": Case(task="german_credit", trials=12),
    "kc": Case(task="kc_house_sales", trials=12),
    "otto": Case(task="otto_products", trials=3),
    "cdnow": Case(task="cdnow_repeat_buyers", trials=3, settings=("data.horizon=90d",), costs=False),
    "german-review": Case(task="german_credit", trials=12, settings=("objective.review.cost=0.3",)),
    "german-capacity": Case(task="german_credit", trials=12, settings=('objective.capacity.act="30%"',)),
    "german-require": Case(
        task="german_credit",
        trials=12,
        settings=("objective.review.cost=0.3", "objective.require.precision=0.3"),
    ),
    "kc-money": Case(
        task="kc_house_sales",
        trials=12,
        settings=("objective.costs.under=3", "objective.costs.over=1", 'objective.interval="90%"'),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print, and say which differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the tasks")
    parser.add_argument("--only", action="append", choices=[*CASES], help="a case to run")
    parser.add_argument("--write", type=Path, help="keep the hashes in this file")
    parser.add_argument("--against", type=Path, help="a file with the hashes of another tree")
    said = parser.parse_args(arguments)
    kept = json.loads(said.against.read_text(encoding="utf-8")) if said.against else {}
    found = {}
    for name in said.only or CASES:
        found[name] = [*_hashes(said.data, name, CASES[name])]  # a list, as kept ones come from JSON
        word = "" if name not in kept else "equal" if kept[name][:2] == found[name][:2] else f"NOT {kept[name][:2]}"
        print(name.ljust(16), *found[name], word, flush=True)
    if said.write:
        said.write.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(any(kept.get(name, pair)[:2] != pair[:2] for name, pair in found.items()))


def _hashes(data: Path, name: str, case: Case) -> tuple[str, str, str]:
    """Content hash, digest of scores and verdict, and the seconds of the fit."""
    folder = FOLDER / name
    subprocess.run(["/bin/rm", "-rf", folder], check=True)
    folder.mkdir(parents=True)
    spec = write_spec(read_task((data / case.task).resolve(), costs=case.costs, main_table=False), folder / "spec.toml")
    settings = ("budget.time=60min", "budget.workers=1", f"budget.trials={case.trials}", *case.settings)
    words = [word for setting in settings for word in ("--set", setting)]
    command = [sys.executable, "-m", "automl", "fit", str(spec), *words, "--write-anyway", "--json"]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    manifest = folder / "spec.bundle" / "manifest.json"
    if not manifest.is_file():
        return "none", done.stderr.strip().splitlines()[-1], str(done.returncode)
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    told = json.dumps({"scores": facts["scores"], "verdict": facts["verdict"]}, sort_keys=True)
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    return facts["content_hash"], digest, f"{time.monotonic() - start:.0f}s"


if __name__ == "__main__":
    sys.exit(main())
