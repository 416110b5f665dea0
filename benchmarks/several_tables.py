"""The table of several tables: four real tasks with a budget of 120 s, without one feature made by hand.

    python benchmarks/several_tables.py --data ../shared/data            # runs what is missing, then prints the table
    python benchmarks/several_tables.py --data ../shared/data --table    # the table of what has been run
    python benchmarks/several_tables.py --data ../shared/data --only lahman_salary

Records go to benchmarks/results/several_tables.jsonl (one a run; resumable), the table to several_tables.md.
Settings are those that the tasks state in words only: earlier salaries are known, a label of cdnow after 90 days.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.bench.records import append, markdown, origin, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
COMMAND = "python benchmarks/several_tables.py --data ../shared/data"
RECORDS = RESULTS / "several_tables.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a task must reach: `metric` at least (or at most, for errors) `bar`."""

    task: str
    metric: str
    bar: float
    less_is_better: bool = False
    settings: tuple[str, ...] = ()


GOALS = (
    Goal(task="cdnow_repeat_buyers", metric="roc_auc", bar=0.838, settings=("data.horizon=90d",)),
    Goal(task="sales_fraud", metric="roc_auc", bar=0.978),
    Goal(task="walmart_weekly_sales", metric="rmse", bar=4994, less_is_better=True),
    Goal(task="lahman_salary", metric="r2", bar=0.80, settings=("data.horizon=0d",)),
)
HEADER = (
    "task",
    "metric",
    "score",
    "goal",
    "kept",
    "computed",
    "wall s",
    "exit",
    "peak MB",
    "load",
    "p50 ms",
    "p99 ms",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the tasks")
    parser.add_argument("--budget", default="120s")
    parser.add_argument("--recipe", default="balanced")
    parser.add_argument("--only", action="append", help="a task to run")
    parser.add_argument("--again", action="store_true", help="run what was run before, too")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args(arguments)
    done = {(record["task"], record["budget"]) for record in read(RECORDS)}
    for goal in GOALS:
        wanted = not said.only or goal.task in said.only
        if said.table or not wanted or ((goal.task, said.budget) in done and not said.again):
            continue
        append(RECORDS, _run(said.data / goal.task, goal, said.budget, said.recipe))
    text = _table(said.budget)
    (RESULTS / "several_tables.md").write_text(text, encoding="utf-8")
    print(text)


def _run(folder: Path, goal: Goal, budget: str, recipe: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        record = run_cell(
            read_task(folder, costs=False, main_table=False),
            recipe=recipe,
            budget=budget,
            seed=0,
            settings=goal.settings,
            keep=place,
        )
        document = place / f"{goal.task}.bundle" / "relational.json"
        count = len(json.loads(document.read_text())["definitions"]["features"]) if document.is_file() else 0
        return record | {"computed": count}


def _table(budget: str) -> str:
    latest = {record["task"]: record for record in read(RECORDS) if record["budget"] == budget}
    rows = [_row(goal, latest[goal.task]) for goal in GOALS if goal.task in latest]
    title = f"# Several tables, budget {budget}\n\n"
    return title + "\n".join(markdown(HEADER, rows)) + f"\n\n{origin(list(latest.values()), COMMAND)}\n"


def _row(goal: Goal, record: dict[str, object]) -> tuple[object, ...]:
    scores: dict[str, float] = record["scores"]  # type: ignore[assignment]  # JSON
    score = scores.get(goal.metric, float("nan"))
    kept = score <= goal.bar if goal.less_is_better else score >= goal.bar
    fit: dict[str, list[dict[str, object]]] = record["fit"]  # type: ignore[assignment]  # JSON
    gates = {gate["gate"]: gate["measured"] for gate in fit.get("gates", [])}
    sign = "<=" if goal.less_is_better else ">="
    figures = [f"{gates[name]:.3g}" if name in gates else "" for name in ("latency_p50", "latency_p99")]
    facts = [record[name] for name in ("computed", "wall_seconds", "exit_code", "peak_mb", "load_before")]
    return (goal.task, goal.metric, f"{score:.5g}", f"{sign} {goal.bar:g}", "yes" if kept else "no", *facts, *figures)


if __name__ == "__main__":
    main()
