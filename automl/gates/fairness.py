"""The gate on fairness: how far a metric may differ between groups of people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from automl.errors import SpecError
from automl.gates.base import Gate, GateVerdict, Limit, Measured
from automl.metrics.groups import FEWEST, Group, gap_of

PROTOCOL = (
    "the metric on the test rows of each group, by the graph that ships, where it looks at decisions by the bundle's "
    "own; the figure is the largest less the smallest of the groups with at least 30 rows on which it has a value"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    asked: Sequence[Any] = limit if isinstance(limit, tuple) else ()
    if not asked:
        return ()
    manifest = json.loads((measured.folder / "manifest.json").read_text(encoding="utf-8"))
    return tuple(_one(entry.column, entry.metric, entry.gap, manifest["groups"]) for entry in asked)


def _one(column: str, metric: str, most: float, groups: Sequence[Mapping[str, Any]]) -> GateVerdict:
    found = [group for group in groups if (group["column"], group["metric"]) == (column, metric)]
    if not found:
        raise SpecError(f"{metric} was not computed by {column}", where="limits.fairness", hint="Fit again.")
    gap = gap_of([Group(name=group["group"], value=group["value"], rows=group["n"]) for group in found])
    ok = gap is None or gap.size <= most
    if gap is None:
        shown = (
            f"fewer than two groups of {column} have {FEWEST} test rows with a {metric}: there is nothing to compare"
        )
    else:
        shown = f"{gap.told(column, metric)}, {'within' if ok else 'over'} the gap of {most:g}"
    return GateVerdict(
        gate=f"fairness.{column}.{metric}",
        ok=ok,
        measured=0.0 if gap is None else gap.size,
        limit=most,
        unit="",
        reason=shown,
        protocol=PROTOCOL,
        raw={"groups": found},
    )


fairness = Gate(name="fairness", judge=_judge)
