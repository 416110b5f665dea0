"""Is it fair: how far a metric differs between groups of people at work, where the spec limits that.

At each look another gap is seen by chance, so a warning asks that it is surely larger than the limit: the intervals of
all groups hold together, at all looks of a life but for a chance of `alpha`, which is shared as that of drift is. They
are those of reports (`automl.metrics.interval`), by the bootstrap, and take rows to be independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl import metrics
from automl.bundle.kept import predicted
from automl.bundle.read import Bundle
from automl.metrics.base import Metric, score
from automl.metrics.groups import FEWEST, Gap, Group, gap_of, judged, places
from automl.metrics.interval import interval
from automl.monitor.look import Finding, Scored, Severity
from automl.names import inside
from automl.spec import parse

Floats = NDArray[np.float64]
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sure:
    """The `gap` that was seen, and the one that there surely is at `least`."""

    gap: Gap
    least: float


def unfair(bundle: Bundle, rows: Scored, alpha: float) -> Iterator[Finding]:
    """A finding for each limit on fairness of the spec: a warning where the gap is surely larger, else a note.

    `rows` are those whose label is due; of those whose label is known the metric is told. `alpha` is the chance of an
    error of all intervals together. Without labels nothing is said.
    """
    limits = parse(bundle.manifest.spec).limits.fairness
    y = rows.y
    if not limits or y is None or not np.isfinite(y).any():
        return
    known = rows.take(np.isfinite(y))
    for limit in limits:
        metric = metrics.get(limit.metric)
        yield _one(bundle, known, limit.column, metric, most=limit.gap, alpha=alpha / len(limits))


def _one(bundle: Bundle, rows: Scored, column: str, metric: Metric, *, most: float, alpha: float) -> Finding:
    if inside(column) not in rows.raw.columns:
        return _found("note", column, f"The rows lack {column!r}: nobody sees how {metric.name} differs by it.")
    sure = _sure(bundle, rows, inside(column), metric, alpha)
    if sure is None:
        few = f"Fewer than two groups of {column} have {FEWEST} labelled rows with a {metric.name}: nothing to compare."
        return _found("note", column, few)
    told = f"Fairness: {sure.gap.told(column, metric.name)}"
    if sure.least > most:
        said = f"{told}, surely by more than {sure.least:.3g}: over the gap of {most:g}."
        return _found("warn", column, said, gap=sure.gap.size, least=sure.least)
    within = "within" if sure.gap.size <= most else "which may be chance, over"
    return _found("note", column, f"{told}, {within} the gap of {most:g}.", gap=sure.gap.size, least=sure.least)


def _sure(bundle: Bundle, rows: Scored, column: str, metric: Metric, alpha: float) -> _Sure | None:
    """The gap by a column, None where there is nothing to compare."""
    assert rows.y is not None  # noqa: S101  # who asks has looked
    prediction = rows.answers[list(predicted(bundle.manifest).columns)].to_numpy().astype(np.float64)
    looked_at, y = judged(metric, prediction, _acts(bundle, rows)), rows.y
    parts = [(name, at) for name, at in places(rows.raw[column].to_list()) if len(at) >= FEWEST]
    values = [(name, at, score(metric, y[at], looked_at[at])) for name, at in parts]
    groups = [Group(name=name, value=None if np.isnan(v) else v, rows=len(at)) for name, at, v in values]
    gap = gap_of(groups)
    if gap is None:
        return None
    confidence = 1.0 - alpha / len(parts)
    ends = [
        interval(metric, y[at], looked_at[at], seed=SEED, confidence=confidence)
        for _, at, v in values
        if np.isfinite(v)
    ]
    known = [end for end in ends if end is not None]
    least = max((low for low, _ in known), default=0.0) - min((high for _, high in known), default=0.0)
    return _Sure(gap=gap, least=max(least, 0.0))


def _acts(bundle: Bundle, rows: Scored) -> Floats | None:
    """Whether rows of two labels were acted on [n]; None for other targets."""
    if bundle.manifest.target.kind != "binary" or "decision" not in rows.answers.columns:
        return None
    return (rows.answers["decision"] == bundle.manifest.decisions[1]).to_numpy().astype(np.float64)


def _found(severity: Severity, column: str, said: str, **evidence: float) -> Finding:
    numbers = {name: float(np.round(value, 6)) for name, value in evidence.items()}
    return Finding(kind="fairness", check="gap", severity=severity, sentence=said, column=column, evidence=numbers)
