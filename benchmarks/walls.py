"""Wall time, memory and the bundle of `automl fit` at four budgets on four tasks, as the shell sees them.

    python benchmarks/walls.py --data ../shared/data                              # what is missing, then the table
    python benchmarks/walls.py --data ../shared/data --budgets 10 --only german_credit
    python benchmarks/walls.py --data ../shared/data --load 8 --budgets 60        # beside 8 busy processes
    python benchmarks/walls.py --data ../shared/data --table                      # the table of what has been run

The promise: at most 1.05 x budget + 3 s (10 s: + 6 s), a bundle every time, and the summed proportional set size of
the process tree, sampled each 0.2 s, at most `budget.memory`. Records go to benchmarks/results/walls.jsonl (one a run;
resumable), the table to walls.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "walls.jsonl"
BUDGETS = (10, 30, 60, 300)
MEMORY = {"walmart_weekly_sales": 2000}  # MB; elsewhere the default of the spec
USUAL_MEMORY = 8000
TASKS = ("german_credit", "otto_products", "walmart_weekly_sales", "santander_satisfaction")
SHORT = 10  # seconds; so short a budget may overrun by more
HEADER = ("task", "budget s", "busy", "wall s", "limit s", "held", "peak MB", "allowed MB", "held", "bundle")
HEADER += ("exit", "metric", "score", "trials", "load before", "load after")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--only", nargs="*", default=TASKS, help="tasks to run")
    parser.add_argument("--budgets", nargs="*", type=int, default=BUDGETS, help="seconds")
    parser.add_argument("--load", type=int, default=0, help="other processes that compute meanwhile")
    said = parser.parse_args()
    if not said.table:
        with busy(said.load):
            run_missing(said.data, said.only, said.budgets, said.load)
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "walls.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, tasks: Sequence[str], budgets: Sequence[int], load: int) -> None:
    """Run each cell that has no record yet, and append its record at once."""
    done = {(record["task"], record["budget"], record["busy"]) for record in read(RECORDS)}
    for budget in budgets:
        for task in tasks:
            if (task, f"{budget}s", load) not in done:
                settings = [f"budget.memory={memory(task)}MB", "budget.workers=2"]
                told = read_task(data / task)
                record = run_cell(told, recipe="balanced", budget=f"{budget}s", seed=0, settings=settings)
                append(RECORDS, record | {"busy": load})
                print(task, budget, record["exit_code"], record["wall_seconds"], record["peak_mb"], flush=True)


def memory(task: str) -> int:
    """What a run of the task may take, in MB."""
    return MEMORY.get(task, USUAL_MEMORY)


def limit(budget: int) -> float:
    """The wall time that is promised."""
    return 1.05 * budget + (6.0 if budget <= SHORT else 3.0)


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Other work on the machine: so many processes that compute without end."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown."""
    if not found:
        yield "no records yet"
        return
    yield "# Wall time and memory of `automl fit --write-anyway`, 2 workers\n"
    yield origin(found, "python benchmarks/walls.py --data ../shared/data") + "\n"
    yield "Wall time is as the shell sees it. Busy: other computing processes that were started beside it. Peak: the"
    yield "largest sum of proportional set sizes of the process tree, sampled each 0.2 s. Scores are of the bundle on"
    yield "the raw test file. Load: the machine's one-minute average.\n"
    order = {task: place for place, task in enumerate(TASKS)}
    ordered = sorted(found, key=lambda one: (order.get(one["task"], len(order)), _seconds(one), one["busy"]))
    yield from markdown(HEADER, map(_row, ordered))
    held = sum(one["wall_seconds"] <= limit(_seconds(one)) for one in found)
    yield f"\n{held} of {len(found)} runs held their time, {sum(map(_bundled, found))} wrote a bundle."


def _row(record: Record) -> list[object]:
    budget, peak = _seconds(record), record["peak_mb"]
    wall, allowed = record["wall_seconds"], limit(budget)
    score = record["scores"].get(record["metric"])
    return [
        record["task"],
        budget,
        record["busy"],
        f"{wall:.1f}",
        f"{allowed:.1f}",
        "yes" if wall <= allowed else "no",
        peak,
        memory(record["task"]),
        "yes" if peak * 2**20 <= memory(record["task"]) * 1e6 else "no",
        "yes" if _bundled(record) else "no",
        record["exit_code"],
        record["metric"],
        "" if score is None else f"{score:.5g}",
        record["fit"].get("trials", ""),
        f"{record['load_before']:.1f}",
        f"{record.get('load_after', float('nan')):.1f}",
    ]


def _seconds(record: Record) -> int:
    return int(record["budget"].removesuffix("s"))


def _bundled(record: Record) -> bool:
    return bool(record["scores"])


if __name__ == "__main__":
    main()
