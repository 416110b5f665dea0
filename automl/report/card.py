"""The model card: what a bundle is for, what it costs and saves, and what it does not know."""

from __future__ import annotations

from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.verdict import ROWS_SMALL
from automl.report._words import Facts, count, interval, left_out, render, without_value
from automl.report.money import capacity, running, span, taken
from automl.spec.units import read_share

PARTS = {"test": "test", "oof": "out-of-fold"}
KEPT = {
    "rows": "Target, prediction and what costs name of each judged row are kept: who has the bundle can read them.",
    "rounded": "Target, prediction and what costs name of each judged row are kept, rounded.",
    "none": "No judged row is kept.",
}
BINNED = "Which bin each lies in, column by column, is kept for watching; no further value of it is."


def card(manifest: Facts) -> str:
    """The model card in Markdown, from the manifest as JSON values with its gates and verdict filled in."""
    verdict = VerdictRecord.model_validate(manifest["verdict"]) if manifest["verdict"] else None
    sources = dict.fromkeys(name for feature in manifest["features"] for name in feature["source"])
    more = {
        "purpose": f"Predicts the column '{manifest['target']['name']}' of one row.",
        "rule": "the one of smallest expected cost" if verdict else "the likeliest label",
        "parts": PARTS,
        "beside_scores": [*without_value(manifest["scores"]), *left_out(manifest["findings"])],
        "answers": _number_answers(manifest),
        "made_of": f"{count(len(manifest['features']), 'feature')} from {count(len(sources), 'column')}",
        "sources_used": list(sources),
        "levels": manifest.get("levels", ()),
        "verdict": verdict,
        "money_unit": (verdict and verdict.currency) or "cost",
        "span": span(verdict) if verdict else "",
        "running": running(verdict) if verdict else "",
        "capacity": capacity(verdict) if verdict else [],
        "taken": taken(verdict) if verdict else "",
        "caveats": _caveats(manifest, verdict),
    }
    return render("card.md.j2", {**manifest, **more})


def _number_answers(manifest: Facts) -> list[str]:
    """What stands beside the prediction of a number, in sentences."""
    outputs = {output["name"] for output in manifest["outputs"]}
    found = []
    if "prediction_low" in outputs:
        share = manifest["spec"]["objective"]["interval"]
        found.append(f"{share} of the truths are promised to lie between `prediction_low` and `prediction_high`.")
    if "decision" in outputs and manifest["target"]["kind"] == "regression":
        found.append("`decision` is the number that costs least on average, as too much and too little are priced.")
    return found


def _caveats(manifest: Facts, verdict: VerdictRecord | None) -> list[str]:
    found = ["It answers for rows like those it was trained on. Where the world has moved, it does not know."]
    if require := manifest["spec"]["objective"].get("require"):
        found.append(
            f"What is required was promised with a confidence of {require['confidence']} for rows like those learned "
            "from. Where the rows or the share of positives move, the promise does not hold."
        )
    if rate := manifest["spec"]["objective"].get("base_rate"):
        found.append(f"Every score and amount is weighted to a share of {rate} positives, which the spec states.")
    found += [broken] if (broken := _broken_promise(manifest)) else []
    if any(not gate["ok"] for gate in manifest["gates"]):
        found.append("It does not keep every limit of its spec.")
    if verdict and not verdict.worth:
        found.append("Deploying is not shown to be worth it; the bundle was written all the same, on request.")
    if verdict and verdict.rows != verdict.test_rows:
        found.append(
            f"Fewer than {ROWS_SMALL:,} test rows: the verdict stands on out-of-fold rows too, whose scores helped "
            "to choose the model and so may flatter it a little."
        )
    if not verdict and manifest["target"]["kind"] != "regression":
        found.append("No costs were given: a wrong decision counts as 1, whichever it is.")
    found.append("Nobody has checked it for fairness between groups of people.")
    found.append(f"The golden rows are synthetic: no row of the training data is in them. {_kept(manifest)}")
    return found


def _kept(manifest: Facts) -> str:
    """What of the judged rows is in the bundle; one that was written before bins were kept has none."""
    said = manifest["spec"].get("bundle", {})
    evidence = said.get("evidence", "rows")
    bins = evidence != "none" and said.get("reference", "none") == "binned"
    return KEPT[evidence] + (f" {BINNED}" if bins else "")


def _broken_promise(manifest: Facts) -> str:
    """Where the intervals held less of the test part than chance allows, or more."""
    for score in manifest["scores"]:
        if score["metric"].startswith("coverage of "):
            promised = read_share(manifest["spec"]["objective"]["interval"])
            if not score["low"] <= promised <= score["high"]:
                return (
                    f"The intervals were promised to hold {promised:.4g} of the truths; on the test part they held "
                    f"{score['value']:.3f} ({interval(score)}). The test part is not like the rows learned from."
                )
    return ""
