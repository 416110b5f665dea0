"""From the records of a benchmark to its judgement: who is how good, at what cost, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from automl import metrics
from automl.bench import compare
from automl.bench.compare import Omnibus, Pair, Strength

Floats = NDArray[np.float64]
Record = Mapping[str, Any]

OVER_SHARE, OVER_SECONDS = 1.05, 3.0  # of the budget: what counts as over-run
SEED: Final = 0  # of the bootstrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an entrant cost, medians over its cells; None where it was not measured. Times in the unit of the name."""

    wall_share: float | None  # of the budget
    wall_share_most: float | None
    over_runs: int
    peak_mb: float | None
    p50_ms: float | None
    p99_ms: float | None
    rows_per_second: float | None
    artifact_mb: float | None
    load_seconds: float | None
    serving_mb: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An entrant in the ranking. `failed` of its `cells` count as the constant predictor."""

    name: str
    ours: bool
    rank: float
    normalised: float
    strength: Strength
    figures: Figures
    cells: int
    failed: int
    fast: bool  # on the Pareto front of rank and p50
    slim: bool  # on the Pareto front of rank and artifact size


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A task: the mean score of each entrant over the seeds, in the order of the standings.

    `failed` is how many of its cells failed. `money` is the cost of a row, None where the task has none.
    """

    task: str
    metric: str
    greater_is_better: bool
    scores: tuple[float | None, ...]
    constant: float | None
    best: tuple[bool, ...]
    failed: tuple[int, ...]
    money: tuple[float | None, ...] | None
    without_model: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A cell that failed or was skipped, and why."""

    task: str
    entrant: str
    seed: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkJudgement:
    """All of it. `standings` are sorted by mean rank; `pairs` and `cliques` number them in that order."""

    standings: tuple[Standing, ...]
    lines: tuple[Line, ...]
    pairs: tuple[Pair, ...]
    omnibus: Omnibus | None
    difference: float | None
    cliques: tuple[tuple[int, ...], ...]
    failures: tuple[Trouble, ...]
    skips: tuple[Trouble, ...]
    unranked: tuple[str, ...]  # entrants that were skipped on a task: they have no rank
    unfinished: tuple[str, ...]  # tasks that some entrant has not run yet: they do not count
    seeds: int
    facts: Mapping[str, Any]


def judge(records: Sequence[Record]) -> BenchmarkJudgement:
    """The judgement of a journal's records; of two of one cell the later counts. Raises `ValueError` without any.

    An entrant is a name, with its budget where the records have several.
    """
    latest = {record["key"]: record for record in records}
    name = _namer(list(latest.values()))
    skips = [record for record in latest.values() if "skipped" in record]
    played = [record for record in latest.values() if "skipped" not in record]
    unranked = sorted({name(record) for record in skips})
    ranked = [record for record in played if name(record) not in unranked]
    table, unfinished = _table(ranked, name)
    if not table.tasks:
        raise ValueError("no task has been run by every entrant yet")
    found = _standings(table)
    order = sorted(range(len(found)), key=lambda i: (found[i].rank, found[i].name))
    gains = table.gains[:, order]
    draws = compare.Draws.of(len(table.tasks), gains.shape[2], seed=SEED)
    enough = len(order) > 1
    difference = compare.critical_difference(len(order), len(table.tasks)) if enough else None
    standings = tuple(found[i] for i in order)
    return BenchmarkJudgement(
        standings=standings,
        lines=tuple(_line(table, task, order) for task in range(len(table.tasks))),
        pairs=tuple(compare.pairs(gains, draws)),
        omnibus=compare.omnibus(gains.mean(axis=2)),
        difference=difference,
        cliques=tuple(compare.cliques([s.rank for s in standings], difference)) if difference else (),
        failures=tuple(_trouble(record, name(record), record["failure"]) for record in played if record["failure"]),
        skips=tuple(_trouble(record, name(record), record["skipped"]) for record in skips),
        unranked=tuple(unranked),
        unfinished=tuple(unfinished),
        seeds=gains.shape[2],
        facts=_facts(played),
    )


# --- the table -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Records [task][entrant][seed], and the same as gains [tasks, entrants, seeds]: more is better."""

    tasks: tuple[str, ...]
    entrants: tuple[str, ...]
    records: list[list[list[Record]]]
    gains: Floats
    constant: Floats  # [tasks]


def _namer(records: Sequence[Record]) -> Callable[[Record], str]:
    """How an entrant is called: by its name, with its kind or its budget where that is needed to tell two apart."""
    budgets = {record["budget"] for record in records}
    kinds: dict[str, set[str]] = defaultdict(set)
    for record in records:
        kind, _, short = record["entrant"].partition(":")
        kinds[short].add(kind)

    def name(record: Record) -> str:
        kind, _, short = record["entrant"].partition(":")
        told = short if len(kinds[short]) == 1 else f"{short} ({kind})"
        return told if len(budgets) == 1 else f"{told} {record['budget']:g} s"

    return name


def _table(records: Sequence[Record], name: Callable[[Record], str]) -> tuple[_Table, list[str]]:
    """The tasks that every entrant has run with every seed, and the names of the others."""
    cells = {(record["task"], name(record), record["seed"]): record for record in records}
    tasks, entrants, seeds = (tuple(dict.fromkeys(key[part] for key in cells)) for part in range(3))
    whole = [task for task in tasks if all((task, e, s) in cells for e in entrants for s in seeds)]
    rows = [[[cells[task, e, s] for s in seeds] for e in entrants] for task in whole]
    gains = np.asarray([[[_gain(record, "scores") for record in of] for of in row] for row in rows])
    constant = np.asarray([np.mean([_gain(record, "constant") for record in row[0]]) for row in rows])
    table = _Table(tasks=tuple(whole), entrants=entrants, records=rows, gains=gains, constant=constant)
    return table, [str(task) for task in tasks if task not in whole]


def _gain(record: Record, which: str) -> float:
    """A score with more better. Where it is undefined, for a model or for the truth, it is the constant's, or 0."""
    value = record[which].get(record["metric"])
    value = record["constant"].get(record["metric"]) if value is None else value
    sign = 1.0 if metrics.get(record["metric"]).greater_is_better else -1.0
    return sign * float(value) if value is not None else 0.0


# --- its parts -------------------------------------------------------------------------------------------


def _standings(table: _Table) -> list[Standing]:
    mean = table.gains.mean(axis=2)
    rank = compare.ranks(mean).mean(axis=0)
    share = compare.normalised(mean, table.constant).mean(axis=0)
    strength = compare.strengths(table.gains, compare.Draws.of(len(table.tasks), table.gains.shape[2], seed=SEED))
    cells = [[record for row in table.records for record in row[i]] for i in range(len(table.entrants))]
    figures = [_figures(of) for of in cells]
    fast = compare.front(rank.tolist(), [one.p50_ms for one in figures])
    slim = compare.front(rank.tolist(), [one.artifact_mb for one in figures])
    return [
        Standing(
            name=name,
            ours=cells[i][0]["entrant"].startswith("recipe:"),
            rank=float(rank[i]),
            normalised=float(share[i]),
            strength=strength[i],
            figures=figures[i],
            cells=len(cells[i]),
            failed=sum(1 for record in cells[i] if record["failure"]),
            fast=fast[i],
            slim=slim[i],
        )
        for i, name in enumerate(table.entrants)
    ]


def _figures(records: Sequence[Record]) -> Figures:
    shares = [record["wall_seconds"] / record["budget"] for record in records if record["wall_seconds"] is not None]
    return Figures(
        wall_share=_median(shares),
        wall_share_most=max(shares, default=None),
        over_runs=sum(1 for record in records if _over(record)),
        peak_mb=_median([record["peak_mb"] for record in records]),
        **{
            name: _median([record["serving"].get(name) for record in records])
            for name in ("p50_ms", "p99_ms", "rows_per_second", "artifact_mb", "load_seconds", "serving_mb")
        },
    )


def _over(record: Record) -> bool:
    wall = record["wall_seconds"]
    return wall is not None and wall > OVER_SHARE * record["budget"] + OVER_SECONDS


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return statistics.median(known) if known else None


def _line(table: _Table, task: int, order: Sequence[int]) -> Line:
    metric = table.records[task][0][0]["metric"]
    sign = 1.0 if metrics.get(metric).greater_is_better else -1.0
    mean = table.gains[task].mean(axis=1)
    cells = [table.records[task][i] for i in order]
    money = [_mean_money(of, "per_row") for of in cells]
    without = [value for of in cells if (value := _mean_money(of, "without_model")) is not None]
    return Line(
        task=table.tasks[task],
        metric=metric,
        greater_is_better=sign > 0,
        scores=tuple(sign * float(mean[i]) for i in order),
        constant=sign * float(table.constant[task]),
        best=tuple(bool(mean[i] == mean.max()) for i in order),
        failed=tuple(sum(1 for record in of if record["failure"]) for of in cells),
        money=tuple(money) if without else None,
        without_model=without[0] if without else None,
    )


def _mean_money(records: Sequence[Record], which: str) -> float | None:
    found = [record["money"][which] for record in records if record["money"]]
    return statistics.fmean(found) if len(found) == len(records) else None


def _trouble(record: Record, name: str, reason: str) -> Trouble:
    return Trouble(task=record["task"], entrant=name, seed=record["seed"], reason=reason)


def _facts(records: Sequence[Record]) -> dict[str, object]:
    """Where, when and with what the records were made."""
    loads = [record["load_before"] for record in records]
    seen: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for name, version in record["versions"].items():
            seen[name].add(version)
    machines = {f"{m['cpu']}, {m['cores']} cores, {m['system']}, Python {m['python']}" for m in _machines(records)}
    return {
        "records": len(records),
        "first": min(record["date"] for record in records),
        "last": max(record["date"] for record in records),
        "budgets": sorted({record["budget"] for record in records}),
        "workers": sorted({record["workers"] for record in records}),
        "machines": sorted(machines),
        "versions": {name: " or ".join(sorted(found)) for name, found in sorted(seen.items())},
        "load_median": statistics.median(loads),
        "load_most": max(loads),
    }


def _machines(records: Sequence[Record]) -> list[Record]:
    return [record["machine"] for record in records]
