"""The model card: what a bundle is for, what it costs and saves, and what it does not know.

Its sections are those of Hugging Face's template (huggingface_hub, templates/modelcard_template.md), so that people
and programs find them where they look; what technical documentation asks beyond it has headings of its own.
"""

from __future__ import annotations

from automl.bundle.verdict import VerdictRecord
from automl.report import card_facts as told
from automl.report._words import Facts, Ready, count, left_out, render, without_value
from automl.report.card_head import card_head
from automl.report.money import capacity, running, span, taken

PARTS = {"test": "test", "oof": "out-of-fold"}


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
    }
    return render("card.md.j2", {**manifest, **more, **_sentences(manifest, verdict)})


def _sentences(manifest: Facts, verdict: VerdictRecord | None) -> dict[str, object]:
    """What stands under each heading in words."""
    versions = manifest["versions"].items()
    return {
        "head": card_head(manifest),
        "unknown": told.UNKNOWN,
        "model_type": f"a weighted mean of {count(len(manifest['members']), 'model')}, written as one ONNX graph",
        "intended": told.intended(manifest),
        "out_of_scope": told.out_of_scope(manifest),
        "oversight": told.oversight(manifest, verdict),
        "caveats": told.caveats(manifest, verdict),
        "recommendations": told.recommendations(manifest),
        "metrics_words": told.metrics_words(manifest),
        "robustness": told.robustness(manifest, verdict),
        "software": ", ".join(f"{name} {version}" for name, version in versions if name in told.SOFTWARE),
        "annex": told.ANNEX,
    }


def _number_answers(manifest: Facts) -> list[str]:
    """What stands beside the prediction of a number, in sentences."""
    outputs = {output["name"] for output in manifest["outputs"]}
    found = []
    if "prediction_low" in outputs:
        share = manifest["spec"]["objective"]["interval"]
        found.append(f"{share} of the truths are promised to lie between prediction_low and prediction_high.")
    if "decision" in outputs and manifest["target"]["kind"] == "regression":
        found.append(
            Ready("`decision` is the number that costs least on average, as too much and too little are priced.")
        )
    return found
