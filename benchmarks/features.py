"""What the search over features is worth: nine tasks at the same budget with and without it.

    python benchmarks/features.py --data ../shared/data          # runs what is missing, then prints the table
    python benchmarks/features.py --data ../shared/data --table  # the table of what has been run

Both arms of a cell run one after the other, so that they see the same machine. Records go to
benchmarks/results/features.jsonl (one a run; resumable), the table to features.md.
"""

from __future__ import annotations

import argparse
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.bench import records
from automl.bench.run import run_cell
from automl.bench.tasks import read_task
from automl.metrics import get

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "features.jsonl"
COMMAND = "python benchmarks/features.py --data ../shared/data"
BUDGET = "90s"  # in less time the recipe tries one group only
SEEDS = 3
ARMS = {"with": "15%", "without": "0%"}  # recipe.feature_search
TASKS = (
    "adult",
    "telco_churn",
    "bank_marketing",
    "otto_products",
    "kc_house_sales",
    "weather_aus",
    "santander_satisfaction",
    "hotel_bookings",
    "bike_sharing_hourly",
)
DRAWS = 10_000  # of the bootstrap over tasks and seeds
Record = Mapping[str, Any]


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--only", nargs="*", default=[], help="tasks to run")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    said = parser.parse_args()
    if not said.table:
        run_missing(said.data, said.only or TASKS, said.seeds)
    table = "\n".join(render(records.read(RECORDS)))
    (RESULTS / "features.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, tasks: Sequence[str], seeds: int) -> None:
    """Run each cell that has no record yet, one at a time, and append its record at once."""
    done = {(record["task"], record["seed"], arm_of(record)) for record in records.read(RECORDS)}
    for seed, task, arm in itertools.product(range(seeds), tasks, ARMS):
        if (task, seed, arm) in done:
            continue
        settings = (f"recipe.feature_search={ARMS[arm]}",)
        told = read_task(data / task, costs=False)
        cell = run_cell(told, recipe="balanced", budget=BUDGET, seed=seed, settings=settings)
        records.append(RECORDS, cell)
        print(task, seed, arm, cell["exit_code"], cell["wall_seconds"], cell["scores"], flush=True)


def arm_of(record: Record) -> str:
    """With or without the search."""
    return next(arm for arm, share in ARMS.items() if f"recipe.feature_search={share}" in record["settings"])


def gains(found: Sequence[Record]) -> dict[str, list[float]]:
    """The relative gain of the metric by task, one for each seed that has both arms; above 0 the search helps.

    For a metric that is better when greater, what is left to the perfect score counts, as a loss does.
    """
    by_cell: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for record in found:
        metric = get(record["metric"])
        value = record["scores"].get(record["metric"])
        if value is not None:
            lost = 1.0 - value if metric.greater_is_better else value
            by_cell[record["task"], record["seed"]][arm_of(record)] = lost
    by_task: dict[str, list[float]] = defaultdict(list)
    for (task, _), arms in sorted(by_cell.items()):
        if len(arms) == len(ARMS):
            by_task[task].append(1.0 - arms["with"] / arms["without"])
    return dict(by_task)


def over_pairs(by_task: Mapping[str, Sequence[float]], *, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean gain where the pairs (a task and a seed) are drawn anew."""
    pairs = np.concatenate([np.asarray(values) for values in by_task.values()])
    drawn = np.random.default_rng(seed).choice(pairs, (DRAWS, len(pairs)))
    return _middle(drawn.mean(axis=1))


def over_tasks(by_task: Mapping[str, Sequence[float]], *, seed: int = 0) -> tuple[float, float]:
    """The same where tasks are drawn, then seeds within them: what other tasks than these nine may give."""
    draw = np.random.default_rng(seed)
    tasks = [np.asarray(values) for values in by_task.values()]
    means = [
        np.mean([draw.choice(tasks[k], len(tasks[k])).mean() for k in draw.integers(0, len(tasks), len(tasks))])
        for _ in range(DRAWS)
    ]
    return _middle(np.asarray(means))


def _middle(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown."""
    by_task = gains(found)
    yield "# With and without the search over features\n"
    if not by_task:
        yield "no records yet"
        return
    yield records.origin(found, COMMAND) + "\n"
    mean = np.mean([np.mean(values) for values in by_task.values()])
    pairs, tasks = (f"{low:+.2%} to {high:+.2%}" for low, high in (over_pairs(by_task), over_tasks(by_task)))
    worst = min(by_task, key=lambda task: np.mean(by_task[task]))
    yield f"{BUDGET} a run in both arms. Gain: the share of the loss (1 - AUC, log loss, RMSE) on test that is saved."
    yield f"Mean over {len(by_task)} tasks: {mean:+.2%}, 95 % bootstrap over the pairs of runs {pairs}"
    yield f"(where the tasks are drawn anew, too: {tasks}); worst: {worst}.\n"
    rows = []
    for task, values in by_task.items():
        cells = {
            arm: [r["scores"][r["metric"]] for r in found if r["task"] == task and arm_of(r) == arm] for arm in ARMS
        }
        spread = np.ptp(values) if len(values) > 1 else float("nan")
        metric = next(record["metric"] for record in found if record["task"] == task)
        scores = [f"{np.mean(cells[arm]):.5g}" for arm in ("without", "with")]
        load = max(record["load_before"] for record in found if record["task"] == task)
        rows.append([task, metric, *scores, f"{np.mean(values):+.2%}", f"{spread:.2%}", len(values), f"{load:.1f}"])
    header = ["task", "metric", "without", "with", "gain", "spread over seeds", "seeds", "load"]
    yield from records.markdown(header, rows)


if __name__ == "__main__":
    main()
