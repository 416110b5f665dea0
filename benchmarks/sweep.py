"""Tighter and tighter limits on latency: each bundle keeps its own, scores fall gracefully, the impossible is refused.

    python benchmarks/sweep.py --data ../shared/data [--budget 60s] [--only adult] [--limits 10ms 1ms]

Each limit is a fit of its own; a bundle is measured again in a new process against its limit. One record a cell in
results/sweep.jsonl: a run goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from automl.bench.records import append, read

RESULTS = Path(__file__).parent / "results"
TASKS = ("adult", "otto_products")
LIMITS = (
    "10ms",
    "3ms",
    "1ms",
    "700us",
    "500us",
    "350us",
    "250us",
    "180us",
    "120us",
    "80us",
    "50us",
    "20us",
    "5us",
    "1us",
)
SOON = 20.0  # seconds in which a limit below the floor is refused
SLACK = 1.05  # of the budget, and two seconds, that a run may take


def main() -> None:
    """Fit the cells that have no record yet, and write the table of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--only", nargs="*", default=TASKS)
    parser.add_argument("--limits", nargs="*", default=LIMITS)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--results", type=Path, default=RESULTS)
    said = parser.parse_args()
    records = said.results / "sweep.jsonl"
    known = read(records)
    done = {(record["task"], record["limit"], record["budget"]) for record in known}
    for task in said.only:
        for limit in said.limits:
            if (task, limit, said.budget) not in done:
                record = cell(said.data / task, limit, said.budget)
                known.append(record)
                append(records, record)
                print(_line(record), flush=True)
    table = "\n".join(render(known))
    (said.results / "sweep.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def cell(folder: Path, limit: str, budget: str) -> dict[str, Any]:
    """One fit under one limit, and the same limit measured again."""
    from automl.bench.run import run_cell
    from automl.bench.tasks import read_task
    from automl.gates.again import again

    with tempfile.TemporaryDirectory() as scratch:
        settings = [f"limits.latency_p99={limit}"]
        task = read_task(folder, costs=False)
        run = run_cell(task, recipe="balanced", budget=budget, seed=0, settings=settings, keep=Path(scratch))
        bundle = Path(scratch) / f"{folder.name}.bundle"
        written = (bundle / "manifest.json").is_file()
        first, second = {}, {}
        if written:
            first = {gate["gate"]: gate["measured"] for gate in run["fit"]["gates"]}  # type: ignore[index]  # JSON
            second = {gate.gate: gate.measured for gate in again(bundle).gates}
        story = Path(scratch) / f"{folder.name}.run" / "refusal.json"
        refusal = json.loads(story.read_text()) if story.is_file() and not written else {}
    return {
        "task": folder.name,
        "limit": limit,
        "budget": budget,
        "exit_code": run["exit_code"],
        "wall_seconds": run["wall_seconds"],
        "metric": run["metric"],
        "scores": run["scores"],
        "members": run["fit"].get("members", []),  # type: ignore[attr-defined]  # JSON
        "p99_ms": first.get("latency_p99"),
        "again_p99_ms": second.get("latency_p99"),
        "nearest": [point["text"] for point in refusal.get("nearest", [])],
        "load": [run["load_before"], os.getloadavg()[0]],
        "date": run["date"],
    }


def milliseconds(limit: str) -> float:
    """A limit in milliseconds.

    >>> milliseconds("10ms"), milliseconds("50us")
    (10.0, 0.05)
    """
    from automl.spec.units import read_duration

    return 1e3 * read_duration(limit)


def verdict(record: Mapping[str, Any]) -> str:
    """Whether a cell is as it should be."""
    from automl.spec.units import read_duration

    late = record["wall_seconds"] > SLACK * read_duration(record["budget"]) + 2.0
    if record["exit_code"] == 4:
        if any("empty pipeline" in text or "floor" in text for text in record["nearest"]) or not record["scores"]:
            return "refused" + (", soon" if record["wall_seconds"] <= SOON else "") + (", LATE" if late else "")
        return "refused"
    if record["exit_code"] != 0 or record["again_p99_ms"] is None:
        return f"EXIT {record['exit_code']}"
    kept = record["again_p99_ms"] <= milliseconds(record["limit"])
    return ("kept again" if kept else "NOT KEPT AGAIN") + (", LATE" if late else "")


def render(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a cell, the widest limit first, with the curve of the score as bars."""
    lines = [
        "# A sweep of limits on latency_p99",
        "",
        "`python benchmarks/sweep.py --data ../shared/data`; each cell is a fit, its bundle measured again afterwards.",
        "",
        "| task | limit | exit | wall s | score | | p99 ms | again | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for task in dict.fromkeys(record["task"] for record in records):
        cells = sorted((one for one in records if one["task"] == task), key=lambda one: -milliseconds(one["limit"]))
        scores = [value for value in map(_score, cells) if value is not None]
        worst, best = min(scores, default=0.0), max(scores, default=1.0)
        for one in cells:
            value = _score(one)
            bar = "" if value is None else "█" * (1 + round(19 * (value - worst) / max(best - worst, 1e-12)))
            shown = "" if value is None else f"{value:.5g}"
            figures = ["" if one[name] is None else f"{one[name]:.3g}" for name in ("p99_ms", "again_p99_ms")]
            lines.append(
                f"| {task} | {one['limit']} | {one['exit_code']} | {one['wall_seconds']:.0f} | {shown} | {bar} | "
                f"{' | '.join(figures)} | {verdict(one)} |"
            )
    return lines


def _score(record: Mapping[str, Any]) -> float | None:
    value = record["scores"].get(record["metric"])
    return None if value is None else float(value)


def _line(record: Mapping[str, Any]) -> str:
    return f"{record['task']} {record['limit']}: {verdict(record)}, {_score(record)}, {record['wall_seconds']} s"


if __name__ == "__main__":
    main()
