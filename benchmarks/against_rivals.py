"""Our scores beside those of the rivals on the same splits and budget; ranks, wins and losses.

    python benchmarks/against_rivals.py --data ../shared/data --rivals ../shared/rivals.md  # runs, then tells
    python benchmarks/against_rivals.py ... --seeds 0 1 2                             # the default
    python benchmarks/against_rivals.py ... --budget 300 --only adult weather_aus     # longer, beside the 60 s figures
    python benchmarks/against_rivals.py ... --table                                   # the table of what has been run

The rivals' figures are read from the first table of the page given by --rivals; they are of one run each. Records go to
benchmarks/results/rivals.jsonl (one a run; resumable), the tables to rivals.md. The longer runs of
walls.py stand beside the 60 s figures, too.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import run_cell
from automl.bench.tasks import read_task

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "rivals.jsonl"
WALLS = RESULTS / "walls.jsonl"  # whose runs of longer budgets count as well
US = "automl"
BUDGET = 60
SEEDS = (0, 1, 2)
LESS_IS_BETTER = frozenset({"log_loss", "rmse"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A task of the rivals' table: its metric, and the score of each rival that was run."""

    task: str
    metric: str
    scores: Mapping[str, float]

    @property
    def sign(self) -> float:
        """By which a score is to be multiplied so that more is better."""
        return -1.0 if self.metric in LESS_IS_BETTER else 1.0

    def best(self) -> str:
        """The name of the rival that leads."""
        return max(self.scores, key=lambda name: self.sign * self.scores[name])


def main() -> None:
    """Run what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--rivals", type=Path, required=True, help="page with the table of the rivals' scores")
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
    parser.add_argument("--budget", type=int, default=BUDGET, help="seconds")
    parser.add_argument("--only", nargs="*", default=[], help="tasks to run")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    rows = rivals(said.rivals.read_text(encoding="utf-8"))
    if not said.table:
        tasks = [row.task for row in rows if not said.only or row.task in said.only]
        run_missing(said.data, tasks, said.seeds, said.budget)
    table = "\n".join(render(rows, [*read(RECORDS), *longer(rows)]))
    (RESULTS / "rivals.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, tasks: Sequence[str], seeds: Sequence[int], budget: int) -> None:
    """Run each cell that has no record yet, the first seed of all tasks first, and append its record at once."""
    done = {(record["task"], record["seed"], record["budget"]) for record in read(RECORDS)}
    for seed in seeds:
        for task in tasks:
            if (task, seed, f"{budget}s") not in done:
                record = run_cell(
                    read_task(data / task, costs=False),  # the rivals were not told of them
                    recipe="balanced",
                    budget=f"{budget}s",
                    seed=seed,
                    settings=("budget.workers=2",),
                )
                append(RECORDS, record)
                print(task, seed, budget, record["exit_code"], record["wall_seconds"], record["scores"], flush=True)


def longer(rows: Sequence[Row]) -> list[Record]:
    """The runs of these tasks that `walls.py` gave more time, on a machine without other work."""
    tasks = {row.task for row in rows}
    return [
        record
        for record in read(WALLS)
        if record["task"] in tasks and int(record["budget"].removesuffix("s")) > BUDGET and not record["busy"]
    ]


def rivals(page: str) -> list[Row]:
    """The rows of the first table of `page`: a task with its metric in brackets, a score for each rival or none."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    names = _cells(lines[0])[1:]
    found = []
    for cells in map(_cells, lines[2:]):
        task, _, metric = cells[0].partition(" ")
        if not metric.startswith("("):
            break
        scores = {name: float(cell.strip("*")) for name, cell in zip(names, cells[1:], strict=True) if cell}
        found.append(Row(task=task, metric=metric.strip("()"), scores=scores))
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def render(rows: Sequence[Row], found: Sequence[Record]) -> Iterator[str]:
    """The tables in Markdown."""
    found = [record for record in found if record["scores"]]
    if not found:
        yield "no records yet"
        return
    yield f"# Beside the rivals at {BUDGET} s, 2 workers, main table only\n"
    yield origin(found, "python benchmarks/against_rivals.py --data ../shared/data --rivals ../shared/rivals.md") + "\n"
    yield "Ours: the mean over seeds and their spread (highest - lowest), of the written bundle on the raw test file."
    yield "The rivals': one run each, as the page says. Gap: ours against the best rival, more is better."
    yield "A tie is a gap within our spread.\n"
    names = list(dict.fromkeys(name for row in rows for name in row.scores))
    ours = {row.task: _ours(row, found, BUDGET) for row in rows}
    ran = [row for row in rows if ours[row.task]]
    header = ("task", "metric", "seeds", US, "spread", *names, "best rival", "gap", "rank", "", "wall s", "load")
    yield from markdown(header, (_row(row, ours[row.task], names, _walls(row, found)) for row in ran))
    yield ""
    yield from _ranks(ran, ours, names)
    yield from _longer(rows, found, ours)


def _ours(row: Row, found: Sequence[Record], budget: int) -> list[float]:
    same = [record for record in found if (record["task"], record["budget"]) == (row.task, f"{budget}s")]
    return [record["scores"][row.metric] for record in same]


def _walls(row: Row, found: Sequence[Record]) -> tuple[float, float]:
    same = [record for record in found if (record["task"], record["budget"]) == (row.task, f"{BUDGET}s")]
    return max(one["wall_seconds"] for one in same), max(one["load_before"] for one in same)


def _row(row: Row, scores: Sequence[float], names: Sequence[str], ran: tuple[float, float]) -> list[object]:
    mean, spread, best = statistics.fmean(scores), max(scores) - min(scores), row.best()
    gap = row.sign * (mean - row.scores[best])
    outcome = "tie" if abs(gap) <= spread else "win" if gap > 0 else "loss"
    shown = [f"{row.scores[name]:.6g}" if name in row.scores else "" for name in names]
    means = [f"{mean:.6g}", f"{spread:.3g}"]
    standing = [best, f"{gap:+.4g}", _rank(row, US, mean), outcome]
    return [row.task, row.metric, len(scores), *means, *shown, *standing, f"{ran[0]:.1f}", f"{ran[1]:.1f}"]


def _rank(row: Row, name: str, ours: float) -> int:
    scores = {**row.scores, US: ours}
    return 1 + sum(row.sign * other > row.sign * scores[name] for other in scores.values())


def _ranks(rows: Sequence[Row], ours: Mapping[str, Sequence[float]], names: Sequence[str]) -> Iterator[str]:
    """Mean rank of each over the tasks that it was run on, and how often ours was better."""
    header = ("", "tasks", "mean rank", f"{US} better", f"{US} worse")

    def line(name: str) -> list[object]:
        there = [row for row in rows if name == US or name in row.scores]
        means = {row.task: statistics.fmean(ours[row.task]) for row in there}
        ranks = [_rank(row, name, means[row.task]) for row in there]
        if name == US:
            return [US, len(there), f"{statistics.fmean(ranks):.2f}", "", ""]
        gaps = [row.sign * (means[row.task] - row.scores[name]) for row in there]
        rank = f"{statistics.fmean(ranks):.2f}" if ranks else ""
        return [name, len(there), rank, sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)]

    yield from markdown(header, map(line, (US, *names)))


def _longer(rows: Sequence[Row], found: Sequence[Record], ours: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Longer budgets beside the usual one."""
    budgets = sorted({int(record["budget"].removesuffix("s")) for record in found} - {BUDGET})
    for budget in budgets:
        lines = [(row, _ours(row, found, budget)) for row in rows]
        yield f"\n## {budget} s beside {BUDGET} s\n"
        header = ("task", "metric", f"{BUDGET} s", "seeds", f"{budget} s", "seeds", "gain")
        yield from markdown(header, (_beside(row, ours[row.task], more) for row, more in lines if more))


def _beside(row: Row, usual: Sequence[float], more: Sequence[float]) -> list[object]:
    mean = statistics.fmean(more)
    before = [f"{statistics.fmean(usual):.6g}", len(usual)] if usual else ["", 0]
    gain = f"{row.sign * (mean - statistics.fmean(usual)):+.4g}" if usual else ""
    return [row.task, row.metric, *before, f"{mean:.6g}", len(more), gain]


if __name__ == "__main__":
    main()
