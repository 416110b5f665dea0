"""The table of the whole path: eight real tasks at 60 s and two workers, each ending with a verified bundle.

    python benchmarks/whole_path.py --data ../shared/data          # runs what is missing, then prints the table
    python benchmarks/whole_path.py --data ../shared/data --table  # the table of what has been run

Records go to benchmarks/results/whole_path.jsonl (one a run; resumable), the table to whole_path.md.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.bench.records import append, markdown, origin, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "whole_path.jsonl"
BUDGET_SECONDS = 60.0
STUDENT_T_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # for means of so many seeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a task must reach: `metric` at least (or at most, for losses) `bar`."""

    task: str
    metric: str
    bar: float
    less_is_better: bool = False
    seeds: int = 1
    costs: bool = True
    settings: tuple[str, ...] = ()


HEADER = ("task", "metric", "score", "goal", "kept", "wall s", "exit", "peak MB", "load", "p50 ms", "p99 ms", "MB")
TOLERANCE = 0.02  # "at most 2 % worse than the baseline in task.toml"
GOALS = (
    Goal(task="adult", metric="roc_auc", bar=0.925),
    Goal(task="german_credit", metric="roc_auc", bar=0.8106 * (1 - TOLERANCE), seeds=5),
    Goal(task="telco_churn", metric="roc_auc", bar=0.8598 * (1 - TOLERANCE), seeds=5),
    Goal(task="kc_house_sales", metric="r2", bar=0.88),
    Goal(task="otto_products", metric="log_loss", bar=0.53, less_is_better=True),
    Goal(task="letter_recognition", metric="log_loss", bar=0.1504 * (1 + TOLERANCE), less_is_better=True),
    Goal(task="bike_sharing_hourly", metric="rmse", bar=68.5012 * (1 + TOLERANCE), less_is_better=True),
    Goal(
        task="give_me_some_credit",
        metric="roc_auc",
        bar=0.8652 * (1 - TOLERANCE),
        costs=False,
        settings=("objective.costs.false_positive=800", "objective.costs.false_negative=8000"),
    ),
)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--only", nargs="*", default=[], help="tasks to run")
    said = parser.parse_args()
    if not said.table:
        run_missing(said.data, said.only)
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "whole_path.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, only: Sequence[str]) -> None:
    """Run each cell that has no record yet, one at a time, and append its record at once."""
    done = {(record["task"], record["seed"]) for record in read(RECORDS)}
    for goal in GOALS:
        for seed in range(goal.seeds):
            if (goal.task, seed) in done or (only and goal.task not in only):
                continue
            record = run_cell(
                read_task(data / goal.task, costs=goal.costs),
                recipe="balanced",
                budget=f"{BUDGET_SECONDS:.0f}s",
                seed=seed,
                settings=goal.settings,
            )
            append(RECORDS, record)
            print(goal.task, seed, record["exit_code"], record["wall_seconds"], record["scores"], flush=True)


def render(found: Sequence[dict]) -> Iterator[str]:
    """The table in Markdown: means over seeds, with a 95 % interval where there are several."""
    by_task = defaultdict(list)
    for record in found:
        by_task[record["task"]].append(record)
    if not found:
        yield "no records yet"
        return
    yield f"# The whole path at {BUDGET_SECONDS:.0f} s, 2 workers\n"
    yield origin(found, "python benchmarks/whole_path.py --data ../shared/data") + "\n"
    yield "Scores are of the written bundle on the raw test file. Wall time is as the shell sees it; "
    yield f"the promise is {1.05 * BUDGET_SECONDS + 3:.0f} s. Load: the machine before the run (1 min).\n"
    yield from markdown(HEADER, (_row(goal, by_task[goal.task]) for goal in GOALS if goal.task in by_task))


def _row(goal: Goal, found: Sequence[dict]) -> list[str]:
    scores = [record["scores"].get(goal.metric, math.nan) for record in found]
    mean = statistics.fmean(scores)
    kept = mean <= goal.bar if goal.less_is_better else mean >= goal.bar
    spread = f" ± {_half_width(scores):.4f}" if len(scores) > 1 else ""
    wall = max(record["wall_seconds"] for record in found)
    exits = ",".join(sorted({str(record["exit_code"]) for record in found}))
    gates = {gate["gate"]: gate["measured"] for record in found for gate in record["fit"].get("gates", [])}
    return [
        goal.task,
        goal.metric,
        f"{mean:.4f}{spread}",
        f"{'<=' if goal.less_is_better else '>='} {goal.bar:.4g}",
        "yes" if kept else "no",
        f"{wall:.1f}",
        exits,
        str(max(record["peak_mb"] for record in found)),
        f"{max(record['load_before'] for record in found):.1f}",
        *(f"{gates.get(name, math.nan):.3g}" for name in ("latency_p50", "latency_p99", "size")),
    ]


def _half_width(scores: Sequence[float]) -> float:
    return STUDENT_T_975[len(scores)] * statistics.stdev(scores) / math.sqrt(len(scores))


if __name__ == "__main__":
    main()
