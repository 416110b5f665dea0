"""report.html of a bundle: what a manager reads first, and every number that an engineer looks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.reason import money
from automl.figures.marks import Table, table
from automl.figures.scales import number
from automl.figures.svg import Markup
from automl.report import bundle_figures as drawn
from automl.report._words import Facts, interval, left_out, without_value
from automl.report.money import capacity, running, span, taken
from automl.report.page import SORT, page

PARTS = {"test": "test", "oof": "out of fold"}


def bundle_report(manifest: Facts, report: Facts) -> str:
    """The page. `manifest` has its gates and its verdict; `report` is report.json. Nothing of it is computed again."""
    verdict = VerdictRecord.model_validate(manifest["verdict"]) if manifest["verdict"] else None
    found, search = report["diagnostics"], report["search"]
    unit = (verdict and verdict.currency) or found["loss"]
    acted = next((one.share for one in verdict.taken[1:2]), None) if verdict else None
    facts = {
        "title": f"{manifest['target']['name']}: the model and its proof",
        "summary": _summary(manifest, verdict),
        "facts": _facts(manifest, verdict),
        "verdict": verdict,
        "worth": verdict is None or verdict.worth,
        "money_words": _money_words(verdict) if verdict else [],
        "money": drawn.money_figures(verdict) if verdict else [],
        "over_time": drawn.over_time(found["over_time"], unit) if found["over_time"] else None,
        "ages": list(drawn.ages(manifest["ages"], unit)),
        "slider": _slider(found["slider"], verdict),
        "no_slider": _no_slider(manifest, verdict, found["slider"]),
        "curves": [
            *drawn.curves(found, f"{unit} per 1,000 rows", acted),
            *(drawn.residual_figures(found["residuals"]) if found["residuals"] else ()),
        ],
        "confusion": drawn.confusion(found, unit) if found["confusion"] else None,
        "importance": drawn.importance(found) if found["importance"] else None,
        "effects": list(drawn.effects(found)),
        "weak_spots": drawn.weak_spots(found) if found["weak_spots"] else None,
        "limits": drawn.limits(manifest["gates"]),
        "front": drawn.front(search["front"], _latency_limit(manifest["gates"])) if len(search["front"]) > 1 else None,
        "trials": drawn.trials(search["board"], manifest["scores"][0]["metric"] if manifest["scores"] else "score"),
        "features_tried": search["features"],
        "scores": _scores(manifest["scores"]),
        "beside_scores": [*without_value(manifest["scores"]), *left_out(manifest["findings"])],
        "findings": [one["text"] for one in manifest["findings"]],
        "split": manifest["split"],
        "members": _members(manifest["members"]),
        "sources": table(("source", "SHA-256"), manifest["sources"].items()),
        "versions": table(("package", "version"), manifest["versions"].items()),
        "content_hash": manifest["content_hash"],
        "created": manifest["created"],
        "engine": manifest["engine"],
        "name": report["name"],
    }
    return page("report.html.j2", facts, scripts=(SORT, "slider.js"))


def _summary(manifest: Facts, verdict: VerdictRecord | None) -> str:
    """The verdict in one sentence."""
    if verdict is None:
        first = next(one for one in manifest["scores"] if one["value"] is not None)
        return f"On {PARTS[first['rows']]} rows its {first['metric'].replace('_', ' ')} is {number(first['value'])}."
    unit = f" {verdict.currency}" if verdict.currency else ""
    if verdict.worth:
        return (
            f"Deploy it: it saves {money(verdict.saving)}{unit} per 1,000 rows against the best policy without a "
            f"model, between {money(verdict.low)} and {money(verdict.high)} with 95 % confidence."
        )
    return (
        f"Do not deploy it: a saving is not shown. It is {money(verdict.saving)}{unit} per 1,000 rows, between "
        f"{money(verdict.low)} and {money(verdict.high)} with 95 % confidence."
    )


def _facts(manifest: Facts, verdict: VerdictRecord | None) -> list[tuple[str, str]]:
    gates = {one["gate"]: one for one in manifest["gates"]}
    first = next((one for one in manifest["scores"] if one["value"] is not None), None)
    found = [("saving per 1,000 rows", f"{money(verdict.saving)} {verdict.currency}".strip())] if verdict else []
    found += [(f"{first['metric'].replace('_', ' ')}, {PARTS[first['rows']]}", number(first["value"]))] if first else []
    names = (("latency_p50", "one row, p50"), ("size", "size"), ("memory", "memory"))
    found += [(name, f"{number(gates[key]['measured'])} {gates[key]['unit']}") for key, name in names if key in gates]
    return [*found, ("test rows", f"{verdict.test_rows:,}" if verdict else f"{first['n']:,}" if first else "none")]


def _money_words(verdict: VerdictRecord) -> list[str]:
    words = [verdict.reason, taken(verdict), *capacity(verdict), running(verdict), span(verdict)]
    return [
        *(sentence for sentence in words if sentence),
        *(f"Today's rule acts where {one.rule}." for one in verdict.policies if one.rule),
    ]


def _scores(scores: Sequence[Facts]) -> Table:
    rows = [
        (one["metric"].replace("_", " "), PARTS[one["rows"]], number(one["value"]), interval(one), f"{one['n']:,}")
        for one in scores
        if one["value"] is not None
    ]
    return table(("score", "rows", "value", "95 %", "number of rows"), rows)


def _members(members: Sequence[Facts]) -> Table:
    rows = [
        (one["learner"], f"{one['weight']:.1%}", ", ".join(f"{key} {value}" for key, value in one["params"].items()))
        for one in members
    ]
    return table(("learner", "weight", "settings"), rows)


def _latency_limit(gates: Sequence[Facts]) -> float | None:
    return next((one["limit"] for one in gates if one["gate"] == "latency_p99"), None)


def _slider(found: Facts | None, verdict: VerdictRecord | None) -> dict[str, Any] | None:
    """What the script reads, as JSON that no text can end; with the amounts that can be moved."""
    if found is None or verdict is None:
        return None
    table_of = {
        **found,
        "saving": verdict.saving,
        "low": verdict.low,
        "high": verdict.high,
        "currency": verdict.currency,
        "policies": [one.action for one in verdict.policies],
        "matrix": [one.cost for one in verdict.amounts[:4]],
    }
    text = json.dumps(table_of, allow_nan=False).replace("<", "\\u003c")
    return {
        "json": Markup(text),
        "amounts": [(one.cell, f"{one.cost:.12g}") for one in verdict.amounts[:4]],
        "whole": found["whole"],
    }


def _no_slider(manifest: Facts, verdict: VerdictRecord | None, found: Facts | None) -> str:
    """Why there is nothing to move, where there are costs."""
    if verdict is None or found is not None:
        return ""
    command = "`automl decide` tries other costs."
    if manifest["target"]["kind"] != "binary":
        return f"The costs of more than two labels, and of numbers, cannot be moved on this page: {command}"
    return f"Costs that differ by row, reviews, capacities and floors cannot be moved on this page: {command}"
