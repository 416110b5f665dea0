"""The gate on the quality that the bundle must reach on the test part, metric by metric."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from automl.errors import DataError, SpecError, nearest
from automl.gates.base import Gate, GateVerdict, Limit, Measured
from automl.metrics import base as metrics

PROTOCOL = "the test part's score in the manifest, computed by the graph that ships; a floor, for a loss a ceiling"


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    floors = limit if isinstance(limit, Mapping) else {}
    if not floors:
        return ()
    manifest = json.loads((measured.folder / "manifest.json").read_text(encoding="utf-8"))
    scores = {score["metric"]: score for score in manifest["scores"] if score["rows"] == "test"}
    return tuple(_one(name, floor, scores) for name, floor in floors.items())


def _one(name: str, floor: float, scores: Mapping[str, Mapping[str, Any]]) -> GateVerdict:
    metric = metrics.get(name)
    if name not in scores:
        close = nearest(name, scores)
        hint = f"did you mean '{close}'?" if close else f"computed: {', '.join(scores)}"
        raise SpecError(f"the metric '{name}' is not computed on the test part", where="limits.scores", hint=hint)
    if scores[name]["value"] is None:
        reason = f"{name} has no value on the test part: {scores[name]['reason']}"
        raise DataError(reason, where=f"limits.scores.{name}", hint="Leave this limit out, or give other test rows.")
    value = float(scores[name]["value"])
    ok = value >= floor if metric.greater_is_better else value <= floor
    bound = "floor" if metric.greater_is_better else "ceiling"
    words = "keeps" if ok else "misses"
    return GateVerdict(
        gate=f"scores.{name}",
        ok=ok,
        measured=value,
        limit=floor,
        unit="",
        reason=f"{name} {value:.4g} on the test part {words} the {bound} of {floor:g}",
        protocol=PROTOCOL,
        raw=dict(scores[name]),
    )


scores = Gate(name="scores", judge=_judge)
