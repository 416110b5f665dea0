"""report.html of a bundle: what a manager reads first, and every number that an engineer looks for."""

from __future__ import annotations

from collections.abc import Sequence

from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.reason import money
from automl.figures.marks import Table, table
from automl.figures.scales import number
from automl.report import age_figures as aged
from automl.report import bundle_figures as drawn
from automl.report._words import Facts, interval, left_out, without_value
from automl.report.money import capacity, running, span, taken
from automl.report.page import SORT, page
from automl.report.slider import no_slider, slider

FEW = 4  # kinds of a label and a decision; more are told as a matrix
PARTS = {"test": "test", "oof": "out of fold"}


def bundle_report(manifest: Facts, report: Facts) -> str:
    """The page. `manifest` has its gates and its verdict; `report` is report.json. Nothing of it is computed again."""
    verdict = VerdictRecord.model_validate(manifest["verdict"]) if manifest["verdict"] else None
    found, search = report["diagnostics"], report["search"]
    unit = (verdict and verdict.currency) or found["loss"]
    acted = next((one.share for one in verdict.taken[1:2]), None) if verdict else None
    told = {
        "title": f"{manifest['target']['name']}: the model and its proof",
        "summary": summary(manifest, verdict),
        "facts": facts(manifest, verdict),
        "verdict": verdict,
        "worth": verdict is None or verdict.worth,
        "money_words": money_words(verdict) if verdict else [],
        "money": drawn.money_figures(verdict) if verdict else [],
        "over_time": drawn.over_time(found["over_time"], unit) if found["over_time"] else None,
        "age_words": [
            *(aged.use_words(manifest["in_use"], unit) if manifest["in_use"] else ()),
            *aged.band_words(manifest["shelf_life"]),
        ],
        "ages": [
            *([aged.shelf_life(manifest["shelf_life"], found["loss"])] if manifest["shelf_life"] else ()),
            *aged.lost_by_age(manifest["ages"], unit),
        ],
        "slider": slider(found["slider"], verdict),
        "no_slider": no_slider(manifest, verdict, found["slider"]),
        "curves": [
            *drawn.curves(found, f"{unit} per 1,000 rows", acted),
            *(drawn.residual_figures(found["residuals"]) if found["residuals"] else ()),
        ],
        "confusion": drawn.confusion(found, unit) if 0 < len(found["confusion"]) <= FEW else None,
        "matrices": list(drawn.matrices(found, unit)) if len(found["confusion"]) > FEW else [],
        "importance": drawn.importance(found) if found["importance"] else None,
        "effects": list(drawn.effects(found)),
        "learning": drawn.learning(found["learning"], _lost(unit, verdict)) if found.get("learning") else None,
        "learning_words": learning_words(found, unit, verdict),
        "weak_spots": drawn.weak_spots(found) if found["weak_spots"] else None,
        "limits": drawn.limits(manifest["gates"]),
        "front": drawn.front(search["front"], _latency_limit(manifest["gates"])) if len(search["front"]) > 1 else None,
        "trials": drawn.trials(search["board"], manifest["scores"][0]["metric"] if manifest["scores"] else "score"),
        "features_tried": search["features"],
        "scores": scores(manifest["scores"]),
        "beside_scores": [*without_value(manifest["scores"]), *left_out(manifest["findings"])],
        "findings": [one["text"] for one in manifest["findings"]],
        "split": manifest["split"],
        "members": members(manifest["members"]),
        "sources": table(("source", "SHA-256"), manifest["sources"].items()),
        "versions": table(("package", "version"), manifest["versions"].items()),
        "content_hash": manifest["content_hash"],
        "created": manifest["created"],
        "engine": manifest["engine"],
        "name": report["name"],
    }
    return page("report.html.j2", told, scripts=(SORT, "slider.js"))


def summary(manifest: Facts, verdict: VerdictRecord | None) -> str:
    """The verdict in one sentence."""
    if verdict is None:
        first = next((one for one in manifest["scores"] if one["value"] is not None), None)
        if first is None:
            return "No score has a value."
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


def facts(manifest: Facts, verdict: VerdictRecord | None) -> list[tuple[str, str]]:
    """The figures to see first, by what they are called."""
    gates = {one["gate"]: one for one in manifest["gates"]}
    first = next((one for one in manifest["scores"] if one["value"] is not None), None)
    found = [("saving per 1,000 rows", f"{money(verdict.saving)} {verdict.currency}".strip())] if verdict else []
    found += [(f"{first['metric'].replace('_', ' ')}, {PARTS[first['rows']]}", number(first["value"]))] if first else []
    names = (("latency_p50", "one row, p50"), ("size", "size"), ("memory", "memory"))
    found += [(name, f"{number(gates[key]['measured'])} {gates[key]['unit']}") for key, name in names if key in gates]
    return [*found, ("test rows", f"{verdict.test_rows:,}" if verdict else f"{first['n']:,}" if first else "none")]


def money_words(verdict: VerdictRecord) -> list[str]:
    """Why it pays or not, how often it acts, and from when on, in sentences."""
    words = [verdict.reason, taken(verdict), *capacity(verdict), running(verdict), span(verdict)]
    return [
        *(sentence for sentence in words if sentence),
        *(f"Today's rule acts where {one.rule}." for one in verdict.policies if one.rule),
    ]


def learning_words(found: Facts, unit: str, verdict: VerdictRecord | None) -> str | None:
    """What twice as many rows would bring, in a sentence; or why nobody knows."""
    told = found.get("learning")
    if told is None:
        return found.get("no_learning")
    say = money if verdict else number
    gain, low, high = (say(told[name]) for name in ("gain", "low", "high"))
    if told["low"] <= 0 <= told["high"]:
        first = f"Whether more rows would help is not shown: twice as many, {2 * told['rows']:,}, would bring"
    elif told["gain"] > 0:
        first = f"Twice as many rows, {2 * told['rows']:,}, would bring"
    else:
        first = f"More rows of this kind do not help: twice as many, {2 * told['rows']:,}, would bring"
    priced = f"{gain} {verdict.currency}".strip() if verdict else ""
    what = f"{priced} per 1,000 rows" if verdict else f"{gain} less {unit} a row"
    return f"{first} about {what} ({low} to {high})."


def _lost(unit: str, verdict: VerdictRecord | None) -> str:
    return f"cost, {unit} per 1,000 rows" if verdict else f"{unit} a row"


def scores(found: Sequence[Facts]) -> Table:
    """Each score with its interval, on which rows."""
    rows = [
        (one["metric"].replace("_", " "), PARTS[one["rows"]], number(one["value"]), interval(one), f"{one['n']:,}")
        for one in found
        if one["value"] is not None
    ]
    return table(("score", "rows", "value", "95 %", "number of rows"), rows)


def members(found: Sequence[Facts]) -> Table:
    """What it is made of."""
    rows = [
        (one["learner"], f"{one['weight']:.1%}", ", ".join(f"{key} {value}" for key, value in one["params"].items()))
        for one in found
    ]
    return table(("learner", "weight", "settings"), rows)


def _latency_limit(gates: Sequence[Facts]) -> float | None:
    return next((one["limit"] for one in gates if one["gate"] == "latency_p99"), None)
