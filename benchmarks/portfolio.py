"""Which configurations a search should try first: measured on development tasks, chosen greedily, kept as data.

    python benchmarks/portfolio.py --data ../shared/data          # runs what is missing, then derives and judges
    python benchmarks/portfolio.py --data ../shared/data --table  # without running anything

Records go to benchmarks/results/portfolio.jsonl (one a fit; resumable), predictions to --scratch, the table to
benchmarks/results/portfolio.md, the portfolio to automl/learners/portfolio.toml. About an hour on a quiet core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from portfolio_cells import CPU_SECONDS, QUESTIONS, SIZES, missing, pool, records
from portfolio_choice import HORIZONS, LENGTH, Sample, derive, left_out, mean_regret, over_time, samples

RESULTS = Path(__file__).parent / "results"
KEPT = Path(__file__).parents[1] / "automl" / "learners" / "portfolio.toml"
COMMAND = "python benchmarks/portfolio.py --data ../shared/data"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
HOLDS = {"small": 2_500, "medium": 20_000}  # rows to learn from that an order holds for
STEPS = (1, 2, 4, 8)
LEAST = 3  # questions that an order can be derived from and judged on


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The order of a group and size, with its regret on questions left out beside that of today's portfolio."""

    group: str
    size: str
    order: Sequence[str]
    questions: Sequence[str]
    ours: Sequence[float]  # after each of STEPS, then over time
    today: Sequence[float]
    wins: int  # questions on which the order derived without them has less regret over time

    @property
    def kept(self) -> bool:
        """Whether it is not worse than today's, over time."""
        return self.ours[-1] <= self.today[-1]


def main() -> None:
    """Run what is missing, derive, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--scratch", type=Path, default=Path(__file__).parent / ".portfolio", help="for predictions")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    if not said.table:
        run_missing(said.data, said.scratch)
    judged = []
    for group in pool():
        given = [sample for size in SIZES for sample in samples(said.scratch, group, size)]
        many = [size for size in SIZES if len({sample.question for sample in given if sample.size == size}) >= LEAST]
        judged += [judge(group, size, given) for size in many]
    date = max(record["date"] for record in records())[:10]
    table = "\n".join(render(judged, date))
    (RESULTS / "portfolio.md").write_text(table + "\n", encoding="utf-8")
    KEPT.write_text("\n".join(to_toml(judged, date)) + "\n", encoding="utf-8")
    print(table)


def run_missing(data: Path, scratch: Path) -> None:
    """Each task and size in a process of its own, one at a time, on one thread."""
    cells = Path(__file__).with_name("portfolio_cells.py")
    for question in QUESTIONS:
        for size in question.sizes:
            if any(missing(scratch, question, size, seed) for seed in question.seeds(size)):
                said = ["--data", str(data), "--scratch", str(scratch), "--question", question.name, "--size", size]
                subprocess.run([sys.executable, str(cells), *said], env=os.environ | ONE_THREAD, check=False)


def judge(group: str, size: str, given: Sequence[Sample]) -> Judged:
    """Derive the order for a size from all samples, and for each question from the others."""
    names = list(pool()[group])
    questions = {sample.question for sample in given if sample.size == size}
    without = {question: order for question, order in left_out(given, names, size).items() if question in questions}
    ours, today, wins = [], [], 0
    for question, order in without.items():
        own = [sample for sample in given if sample.question == question and sample.size == size]
        ours.append(_regrets(own, order))
        today.append(_regrets(own, todays(group, own[0], size)))
        wins += ours[-1][-1] < today[-1][-1]
    return Judged(
        group=group,
        size=size,
        order=derive(given, names, size),
        questions=list(without),
        ours=np.mean(ours, axis=0).tolist(),
        today=np.mean(today, axis=0).tolist(),
        wins=wins,
    )


def todays(group: str, sample: Sample, size: str) -> list[str]:
    """What the engine tried without the data: the learners' own portfolios in turn, as names of the pool."""
    from automl.learners.base import Learner
    from automl.registry import Registry
    from automl.search.proposals import usable
    from automl.task import Task

    record = next(r for r in records() if r["group"] == group and r["question"] == sample.question)
    kind = {"binary": "multiclass" if record["classes"] > 2 else "binary"}.get(group, group)
    task = Task(kind=kind, classes=record["classes"], shape=record["task_shape"] or "any")
    learners = usable(Registry("automl.learners", Learner, "learner").all, (), task)
    rows = int(0.8 * SIZES[size])
    own = [[(one.name, dict(entry)) for entry in one.portfolio(task, rows)] for one in learners if not one.baseline]
    known = [
        (name, said["learner"], {k: v for k, v in said.items() if k != "learner"})
        for name, said in pool()[group].items()
    ]
    order = [entry for row in zip_longest(*own) for entry in row if entry is not None]
    found = [next((name for name, learner, params in known if (learner, params) == entry), None) for entry in order]
    return [name for name in found if name is not None][:LENGTH]


def render(judged: Sequence[Judged], date: str) -> Iterator[str]:
    """The table in Markdown."""
    cells = list(records())
    failed = sum(record["status"] != "ok" for record in cells)
    yield "# The portfolio\n"
    yield f"`{COMMAND}`, {date}. {len(cells):,} fits ({failed} failed) of at most {CPU_SECONDS:.0f} CPU seconds, on"
    yield f"samples of {' and '.join(f'{rows:,}' for rows in SIZES.values())} train rows; other rows of train judge.\n"
    yield "Regret: 0 is the best configuration of a sample, 1 the median one; the mean of the best member's and of the"
    yield "greedy ensemble's. Left out: the order is derived without the question it is judged on, nor others of its"
    yield f"table. `over time` is the mean of what has ended after {', '.join(map(str, HORIZONS))} median fits."
    yield "The way to derive was chosen on the same questions (docs/decisions/0006), which flatters a little.\n"
    yield (
        "| group | rows | questions | order | "
        + " | ".join(f"after {step}" for step in STEPS)
        + " | over time | better on |"
    )
    yield "|---|---|---|---|" + "---|" * (len(STEPS) + 2)
    for each in judged:
        count, rows = len(each.questions), f"{SIZES[each.size]:,}"
        kept = "kept" if each.kept else "not kept"
        for name, found, wins in (
            (f"derived, left out ({kept})", each.ours, each.wins),
            ("today's", each.today, count - each.wins),
        ):
            yield f"| {each.group} | {rows} | {count} | {name} | {' | '.join(f'{x:.2f}' for x in found)} | {wins} |"
    yield "\nThe orders, derived from all questions:\n"
    for each in judged:
        yield f"- {each.group}, {SIZES[each.size]:,} rows ({', '.join(each.questions)}): {', '.join(each.order)}"


def to_toml(judged: Sequence[Judged], date: str) -> Iterator[str]:
    """What the engine reads: the orders that are not worse than today's on questions left out."""
    yield "# The order in which configurations are tried. Written by benchmarks/portfolio.py; do not edit it."
    yield f"date    = {json.dumps(date)}"
    yield f"command = {json.dumps(COMMAND)}"
    for each in judged:
        if each.kept:
            yield "\n[[order]]"
            yield f"kind    = {json.dumps(each.group)}"
            yield f"rows    = {HOLDS[each.size]}  # to learn from, at most"
            yield f"tasks   = {json.dumps(list(each.questions))}"
            yield "entries = ["
            yield from (f"    {_inline(pool()[each.group][name])}," for name in each.order)
            yield "]"


def _regrets(own: Sequence[Sample], order: Sequence[str]) -> list[float]:
    return [*(mean_regret(own, order[:step]) for step in STEPS), over_time(own, order)]


def _inline(said: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in said.items()) + " }"


if __name__ == "__main__":
    main()
