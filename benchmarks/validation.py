"""What a fit expected of itself, and what came: the out-of-fold estimate beside the test score of each manifest.

    python benchmarks/validation.py --data ../shared/data          # the tasks that no benchmark ran
    python benchmarks/validation.py --data ../shared/data --table  # the table of what has been run

Looks at the records of all benchmarks in benchmarks/results that fitted a task in 60 s, and at its own (one a run;
resumable) in validation.jsonl. The table goes to validation.md.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "validation.jsonl"
OTHERS = ("rivals.jsonl", "whole_path.jsonl", "walls.jsonl", "money.jsonl")
BUDGET = "60s"
LESS_IS_BETTER = frozenset({"log_loss", "rmse"})
HEADER = ("task", "metric", "runs", "out of fold", "test", "gap", "gap %", "test interval", "inside")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--only", nargs="*", default=[], help="tasks to run")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    if not said.table:
        run_missing(said.data, said.only)
    table = "\n".join(render(records()))
    (RESULTS / "validation.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, only: Sequence[str]) -> None:
    """Run each task that has no record yet, and append its record at once."""
    done = {record["task"] for record in records()}
    for task in sorted(path.parent.name for path in data.glob("*/task.toml")):
        if task not in done and (not only or task in only):
            told = read_task(data / task, costs=False)
            record = run_cell(told, recipe="balanced", budget=BUDGET, seed=0, settings=("budget.workers=2",))
            append(RECORDS, record)
            print(task, record["exit_code"], record["wall_seconds"], record["scores"], flush=True)


def records() -> list[Record]:
    """The records of all benchmarks at the usual budget that ended with a bundle."""
    found = [record for name in (*OTHERS, RECORDS.name) for record in read(RESULTS / name)]
    return [record for record in found if record["budget"] == BUDGET and record["fit"].get("scores")]


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown: means over the runs of a task."""
    if not found:
        yield "no records yet"
        return
    by_task: dict[str, list[Record]] = defaultdict(list)
    for record in found:
        by_task[record["task"]].append(record)
    yield f"# The out-of-fold estimate and the test score, {BUDGET}\n"
    yield origin(found, "python benchmarks/validation.py --data ../shared/data") + "\n"
    yield "Both are of the manifest. The ensemble is chosen on the rows of its out-of-fold estimate, and its members"
    yield "are refitted on more rows than any fold had. Gap: test against out of fold, less than 0 is a disappointment;"
    yield "where test comes after train in time, it shows what has changed meanwhile. Inside: runs whose out-of-fold"
    yield "estimate lies in the 95 % interval of the test score.\n"
    rows = [_row(task, by_task[task]) for task in sorted(by_task)]
    yield from markdown(HEADER, [row for row, _ in rows])
    gaps = [gap for _, gap in rows]
    yield f"\nMedian gap {statistics.median(gaps):+.2f} %, {sum(gap < 0 for gap in gaps)} of {len(gaps)} tasks below 0."


def _row(task: str, runs: Sequence[Record]) -> tuple[list[object], float]:
    metric = runs[0]["metric"]
    sign = -1.0 if metric in LESS_IS_BETTER else 1.0
    tests = [_score(run, metric, "test") for run in runs]
    oofs = [_score(run, metric, "oof")["value"] for run in runs]
    test, oof = statistics.fmean(one["value"] for one in tests), statistics.fmean(oofs)
    gap = sign * (test - oof)
    share = 100.0 * gap / abs(oof)
    known = [(one["low"], one["high"], mine) for one, mine in zip(tests, oofs, strict=True) if one["low"] is not None]
    inside = f"{sum(low <= mine <= high for low, high, mine in known)}/{len(known)}"
    low, high = (
        (statistics.fmean(bound) for bound in zip(*[one[:2] for one in known], strict=True)) if known else (0, 0)
    )
    interval = f"{low:.5g} to {high:.5g}" if known else ""
    shown = [f"{oof:.5g}", f"{test:.5g}", f"{gap:+.3g}", f"{share:+.2f}", interval, inside]
    return [task, metric, len(runs), *shown], share


def _score(run: Record, metric: str, rows: str) -> Record:
    return next(one for one in run["fit"]["scores"] if one["metric"] == metric and one["rows"] == rows)


if __name__ == "__main__":
    main()
