"""The money table: what a row costs on test by our decisions, beside trivial ones and the best single threshold.

    python benchmarks/money.py --data ../shared/data          # runs what is missing, then prints the table
    python benchmarks/money.py --data ../shared/data --table  # the table of what has been run

Records go to benchmarks/results/money.jsonl (one a run; resumable), the table to money.md.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.bench.money import POLICIES, count_money, normalised
from automl.bench.records import Record, append, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "money.jsonl"
BUDGET_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTask:
    """A task of the table: `settings` are what its `task.toml` leaves open, `goal` the mean cost a row to reach.

    `by_row`: the costs differ from row to row, so the policy must beat the best single threshold.
    """

    name: str
    seeds: int = 3
    settings: tuple[str, ...] = ()
    main_table: bool = False
    by_row: bool = True
    goal: float | None = None


TASKS = (
    MoneyTask(name="german_credit", seeds=10, by_row=False, goal=0.46),
    MoneyTask(name="give_me_some_credit", goal=355.0),
    MoneyTask(name="bank_marketing", goal=0.389),
    MoneyTask(
        name="sales_fraud",
        main_table=True,
        settings=("objective.costs.false_positive=3000", "objective.costs.true_positive=3000"),
    ),
    MoneyTask(name="pva97nk_donors"),
    MoneyTask(  # a mailing costs 2, and a buyer who was mailed brings 0.3 of what is spent in the 90 days after it
        name="cdnow_repeat_buyers",
        settings=(
            "data.horizon=90d",
            "objective.costs.false_positive=2",
            "objective.costs.true_positive=2",
            "objective.costs.false_negative=0.3 * spend_90d",
        ),
    ),
)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of task folders")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--only", nargs="*", default=[], help="tasks to run")
    parser.add_argument("--seeds", type=int, help="at most so many seeds of each task")
    parser.add_argument("--results", type=Path, default=RECORDS, help="file of records; the table stands beside it")
    said = parser.parse_args()
    if not said.table:
        if said.data is None:
            parser.error("--data says where the task folders are")
        run_missing(said.data, said.only, said.seeds, said.results)
    table = "\n".join(render(read(said.results)))
    said.results.with_suffix(".md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, only: Sequence[str], seeds: int | None, results: Path) -> None:
    """Run each cell that has no record yet, one at a time, and append its record at once."""
    done = {(record["task"], record["seed"]) for record in read(results)}
    for task in TASKS:
        for seed in range(min(task.seeds, seeds or task.seeds)):
            if (task.name, seed) in done or (only and task.name not in only):
                continue
            record = run(task, data, seed)
            append(results, record)
            print(task.name, seed, record["exit_code"], record["wall_seconds"], record["money"], flush=True)


def run(task: MoneyTask, data: Path, seed: int) -> Record:
    """One fit, and what its decisions cost on the test part; `money` is empty where there is no bundle."""
    with tempfile.TemporaryDirectory() as scratch:
        record = run_cell(
            read_task(data / task.name, main_table=task.main_table),
            recipe="balanced",
            budget=f"{BUDGET_SECONDS:.0f}s",
            seed=seed,
            settings=task.settings,
            keep=Path(scratch),
        )
        bundle = Path(scratch) / f"{task.name}.bundle"
        return {**record, "money": count_money(bundle) if (bundle / "manifest.json").is_file() else {}}


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown: means over seeds, with the standard deviation of our cost where there are several."""
    by_task = defaultdict(list)
    for record in found:
        if record["money"]:
            by_task[record["task"]].append(record)
    if not by_task:
        yield "no records yet"
        return
    versions = ", ".join(f"{name} {version}" for name, version in found[-1]["versions"].items())
    yield f"# Decisions in money at {BUDGET_SECONDS:.0f} s, 2 workers\n"
    yield "`python benchmarks/money.py --data ../shared/data`, last run " + max(r["date"] for r in found)[:10] + "."
    yield f"{versions}.\n"
    yield "What a row of the test part costs, in the mean over seeds. *never* acts on no row, *always* on every row,"
    yield "*0.5* where the probability is above that, *tuned* above the one threshold that costs least on the same"
    yield "out-of-fold scores; *truth* decides with the true labels. *saved* is (the best of never and always - ours)"
    yield "/ (the same - truth). Rows that lack a cost of their true class are left out and counted. Exit 5: deploying"
    yield "is not shown to pay, so the bundle was written on request only.\n"
    yield "| task | seeds | never | always | 0.5 | tuned | **ours** | truth | saved | goal | kept | left out | exit |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    shares = []
    for task in TASKS:
        if runs := by_task.get(task.name):
            shares.append(statistics.fmean(normalised(record["money"]) for record in runs))
            yield _row(task, runs, shares[-1])
    failed = [f"{record['task']} {record['seed']}" for record in found if not record["money"]]
    yield f"\nMean of *saved* over {len(shares)} tasks: **{statistics.fmean(shares):.4f}**."
    if failed:
        yield f"No bundle, so no figure: {', '.join(failed)}."


def _row(task: MoneyTask, runs: Sequence[Record], share: float) -> str:
    mean = {policy: statistics.fmean(record["money"][policy] for record in runs) for policy in POLICIES}
    ours = [record["money"]["ours"] for record in runs]
    spread = statistics.stdev(ours) if len(ours) > 1 else 0.0
    better = mean["ours"] < mean["tuned"] if task.by_row else mean["ours"] <= mean["tuned"] + spread
    kept = better and (task.goal is None or mean["ours"] <= task.goal)
    cells = [
        task.name,
        str(len(runs)),
        *(f"{mean[policy]:.4g}" for policy in ("never", "always", "at_half", "tuned")),
        f"**{mean['ours']:.4g}**" + (f" ± {spread:.2g}" if len(ours) > 1 else ""),
        f"{mean['truth']:.4g}",
        f"{share:.4f}",
        f"{'below' if task.by_row else 'not above'} tuned" + (f", <= {task.goal:g}" if task.goal else ""),
        "yes" if kept else "no",
        f"{runs[0]['money']['left_out']:,}",
        ",".join(sorted({str(record["exit_code"]) for record in runs})),
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
