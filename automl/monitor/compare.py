"""Two bundles on the same rows: money, scores, latency, size, and for whom they decide otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.kept import predicted
from automl.bundle.read import Bundle
from automl.bundle.stakes import Stakes, stakes_of
from automl.decide.verdict.bootstrap import PER, Bootstrap
from automl.decide.verdict.bootstrap import compare as compare_costs
from automl.errors import SpecError
from automl.metrics import default, get, score, why_undefined
from automl.metrics.own import without_code
from automl.monitor.changed import Group, groups_of_change
from automl.monitor.labels import labelled
from automl.monitor.look import Scored
from automl.monitor.rows import scored
from automl.names import outside
from automl.spec import parse
from automl.task import Task

Floats = NDArray[np.float64]
TIMED: Final = 200  # single rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One bundle: its content hash, its cost per 1,000 labelled rows, its score, seconds of a row, bytes."""

    version: str
    cost: float | None
    score: float | None
    median_seconds: float
    p99_seconds: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`one` is compared with `other` on `rows`, of which `labelled` have a label.

    `saving` is what the other saves per 1,000 rows, within `low` and `high` (95 %, paired bootstrap); `regret` the most
    that its other decisions may lose in all. `changed` rows are decided otherwise, by (before, after) in `moves`.
    """

    one: Side
    other: Side
    rows: int
    labelled: int
    metric: str
    currency: str
    saving: float | None
    low: float | None
    high: float | None
    regret: float | None
    changed: int
    moves: tuple[tuple[str, str, int], ...]
    groups: tuple[Group, ...]


def compare(
    first: Bundle,
    second: Bundle,
    raw: pl.DataFrame,
    *,
    clock: Callable[[], float],
    labels: pl.DataFrame | None = None,
) -> Comparison:
    """Compare two bundles of one target on raw rows, whose labels stand there or in the frame `labels`.

    Money is counted by the costs of the first. `SpecError` where they answer different questions, `DataError` for rows
    that they cannot read.
    """
    _check_alike(first, second)
    before, after = (_scored(bundle, raw, labels) for bundle in (first, second))
    instead, taken = _decided(before), _decided(after)
    differs = np.array([one != other for one, other in zip(taken, instead, strict=True)], dtype=np.bool_)
    stakes = stakes_of(first)
    costs, other_costs = (_paid(stakes, before, each) for each in (instead, taken))
    saving, low, high = _interval(costs, other_costs)
    metric = without_code(first.manifest.objective.get("metric")) or default(_task(first))
    return Comparison(
        one=_side(first, before, costs, metric, clock),
        other=_side(second, after, other_costs, metric, clock),
        rows=before.n,
        labelled=0 if before.y is None else int(np.isfinite(before.y).sum()),
        metric=metric,
        currency=first.manifest.verdict.currency if first.manifest.verdict else "",
        saving=saving,
        low=low,
        high=high,
        regret=None if stakes is None else float(np.nansum(stakes.largest_regret(before.raw, taken, instead))),
        changed=int(differs.sum()),
        moves=_moves(instead, taken, differs) if first.manifest.decisions else (),
        groups=tuple(groups_of_change(before, differs, costs - other_costs)),
    )


def _check_alike(first: Bundle, second: Bundle) -> None:
    one, other = first.manifest.target, second.manifest.target
    if (one.name, one.kind, one.texts) != (other.name, other.kind, other.texts):
        what = f"one answers {one.name!r}, the other {other.name!r}"
        raise SpecError(what, where=str(second.path), hint="Compare two bundles of one target, with the same labels.")


def _scored(bundle: Bundle, raw: pl.DataFrame, labels: pl.DataFrame | None) -> Scored:
    rows, _ = scored(bundle, raw, parse(bundle.manifest.spec).data)
    return labelled(bundle.manifest, rows, labels)[0]


def _decided(rows: Scored) -> list[Any]:
    return rows.answers["decision" if "decision" in rows.answers.columns else "prediction"].to_list()


def _paid(stakes: Stakes | None, rows: Scored, decisions: list[Any]) -> Floats:
    """What each row cost [n], NaN where nobody knows."""
    if stakes is None or rows.y is None:
        return np.full(rows.n, np.nan)
    return stakes.paid(rows.raw, decisions, rows.y)


def _interval(before: Floats, after: Floats) -> tuple[float | None, float | None, float | None]:
    known = np.isfinite(before) & np.isfinite(after)
    if not known.any():
        return None, None, None
    rows = int(known.sum())
    drawn = Bootstrap.over(rows, None, seed=0)
    found = compare_costs(after[known], before[known][:, None], np.ones(rows), drawn)
    return found.saving, found.low, found.high


def _side(bundle: Bundle, rows: Scored, paid: Floats, metric: str, clock: Callable[[], float]) -> Side:
    seconds = _timed(bundle, rows.raw, clock)
    known = paid[np.isfinite(paid)]
    return Side(
        version=bundle.manifest.content_hash,
        cost=PER * float(known.mean()) if known.size else None,
        score=_score(bundle, rows, metric),
        median_seconds=float(np.median(seconds)),
        p99_seconds=float(np.quantile(seconds, 0.99)),
        size=sum(len(bundle.files.read(name)) for name in bundle.files.names),
    )


def _timed(bundle: Bundle, raw: pl.DataFrame, clock: Callable[[], float]) -> list[float]:
    """Seconds of single rows, one after another, as a server answers them; the first one warms up."""
    rows = [{outside(name): cell for name, cell in row.items()} for row in raw[:TIMED].iter_rows(named=True)]
    found = []
    for row in (rows[0], *rows):
        began = clock()
        bundle.answer(row)
        found.append(clock() - began)
    return found[1:]


def _score(bundle: Bundle, rows: Scored, metric: str) -> float | None:
    if rows.y is None or get(metric).function is None:
        return None
    known = np.isfinite(rows.y)
    prediction = rows.answers[list(predicted(bundle.manifest).columns)].to_numpy().astype(np.float64)[known]
    y = rows.y[known]
    return None if why_undefined(get(metric), y, prediction) else float(score(get(metric), y, prediction))


def _task(bundle: Bundle) -> Task:
    return Task(kind=bundle.manifest.target.kind, classes=bundle.manifest.target.classes)


def _moves(before: list[Any], after: list[Any], differs: NDArray[np.bool_]) -> tuple[tuple[str, str, int], ...]:
    counts: dict[tuple[str, str], int] = {}
    for place in np.flatnonzero(differs).tolist():
        move = str(before[place]), str(after[place])
        counts[move] = counts.get(move, 0) + 1
    return tuple((*move, count) for move, count in sorted(counts.items(), key=lambda each: -each[1]))
