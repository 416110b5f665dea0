"""What a limit on the size of a bundle costs: scores on the test part under ever smaller limits.

    python benchmarks/size_curve.py --data ../shared/data                       # runs what is missing, then tells
    python benchmarks/size_curve.py --data ../shared/data --only click_prediction
    python benchmarks/size_curve.py --data ../shared/data --table

Records go to benchmarks/results/size_curve.jsonl, the table to size_curve.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "size_curve.jsonl"
TASKS = ("click_prediction", "hdb_resale_prices", "whats_cooking", "kc_house_sales")
LIMITS = ("none", "3MB", "1MB", "300kB", "100kB")
BUDGET = "60s"
HEADER = ("task", "metric", *(f"limit {limit}" for limit in LIMITS))


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--budget", default=BUDGET)
    parser.add_argument("--only", nargs="*", default=TASKS, help="tasks to run")
    parser.add_argument("--limits", nargs="*", default=LIMITS)
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    done = {(record["task"], _limit(record), record["budget"]) for record in read(RECORDS)}
    for task in () if said.table else said.only:
        for limit in said.limits:
            if (task, limit, said.budget) not in done:
                settings = ("budget.workers=2", *(() if limit == "none" else (f"limits.size={limit}",)))
                told = read_task(said.data / task, costs=False)
                append(RECORDS, run_cell(told, recipe="balanced", budget=said.budget, seed=0, settings=settings))
    table = "\n".join(_render([record for record in read(RECORDS) if record["budget"] == said.budget]))
    (RESULTS / "size_curve.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def _limit(record: Record) -> str:
    said = [setting.removeprefix("limits.size=") for setting in record["settings"] if setting.startswith("limits.size")]
    return said[0] if said else "none"


def _render(records: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown."""
    if not records:
        yield "no records yet"
        return
    yield f"# Scores under limits of size, budget {records[0]['budget']}\n"
    yield origin(records, "python benchmarks/size_curve.py --data ../shared/data") + "\n"
    yield "In brackets MB of the bundle and milliseconds of a row (p50).\n"
    yield from markdown(HEADER, _rows(records))


def _rows(records: Sequence[Record]) -> Iterator[Sequence[object]]:
    for task in TASKS:
        own = {_limit(record): record for record in records if record["task"] == task}
        if own:
            metric = next(iter(own.values()))["metric"]
            yield (task, metric, *(_cell(own.get(limit)) for limit in LIMITS))


def _cell(record: Record | None) -> str:
    if record is None:
        return ""
    measured = {gate["gate"]: gate["measured"] for gate in record["fit"].get("gates", [])}
    if record["metric"] not in record["scores"]:
        return f"exit code {record['exit_code']}"
    score = record["scores"][record["metric"]]
    return f"{score:.5g} ({measured['size']:.2f}, {measured['latency_p50']:.2f})"


if __name__ == "__main__":
    main()
