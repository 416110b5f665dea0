"""What a model card says beyond numbers: uses, oversight, robustness, and where technical documentation is answered."""

from __future__ import annotations

from typing import Final

from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.verdict import ROWS_SMALL
from automl.report._words import Facts, Ready, interval
from automl.spec.units import read_share

UNKNOWN: Final = Ready("[More Information Needed]")  # as Hugging Face writes what is left to people
SOFTWARE: Final = ("python", "automl", "numpy", "onnxruntime", "onnx")  # what answers
KEPT: Final = {
    "rows": "Target, prediction and what costs name of each judged row are kept: who has the bundle can read them.",
    "rounded": "Target, prediction and what costs name of each judged row are kept, rounded.",
    "none": "No judged row is kept.",
}
BINNED: Final = "Which bin each lies in, column by column, is kept for watching; no further value of it is."
ANNEX: Final = (
    ("1", "intended purpose, version, hardware and software", "Uses, Model Details, Technical Specifications"),
    ("2", "how it was made, its data, how it was validated and tested", "Training Details, Evaluation"),
    ("2 (e), 3", "human oversight", "Human Oversight"),
    (
        "3",
        "limits, accuracy overall and for groups of persons, risks",
        "Bias, Risks, and Limitations, Factors, Results",
    ),
    ("4", "why the metrics are the right ones", "Metrics"),
    ("6", "changes through its life", "Version: the hash of this bundle and of the one it was decided anew from"),
    ("5, 7, 8, 9", "risk management, standards, declaration of conformity, monitoring after release", UNKNOWN),
)


def intended(manifest: Facts) -> list[str]:
    """What the spec says it is for."""
    if manifest["spec"]["objective"].get("costs"):
        return ["It was made to decide at the costs of its spec, and is judged by them."]
    return []


def out_of_scope(manifest: Facts) -> list[str]:
    """What the answers must not be taken for."""
    found = [
        "Rows of another kind, place or time than those it was trained on.",
        "As a cause: it says what goes together with the target, not what would change it.",
    ]
    if manifest["target"]["kind"] != "regression" and manifest["spec"]["objective"].get("costs"):
        found.append(
            Ready("Decisions where mistakes cost something else: `automl decide` makes another bundle for those.")
        )
    return found


def oversight(manifest: Facts, verdict: VerdictRecord | None) -> list[str]:
    """What a person can see and change."""
    found = []
    if manifest["spec"]["objective"].get("costs", {}).get("review"):
        found.append("Rows that are cheaper to look at are answered with a review: a person decides them.")
    else:
        found.append("It hands no row to a person by itself; who acts on its answers decides which are looked at.")
    found.append(
        Ready("`automl explain` says of each answer which cells brought it about, and what else would change it.")
    )
    if verdict:
        found.append("Costs can be changed without a new fit; the amounts between which it pays stand below.")
    return [*found, "The bundle can be taken back at any time: nothing is learned or kept while it answers."]


def recommendations(manifest: Facts) -> list[str]:
    """What to do with the risks."""
    found = []
    if manifest["spec"].get("report", {}).get("html", True):
        found.append(Ready("Look at `report.html`: it names the kinds of rows on which the model is weak."))
    if not manifest["groups"]:
        found.append(Ready("Where rows are people, ask for metrics by group under `limits.fairness` and fit again."))
    return [*found, "Compare new rows with those of training before answers are relied on, and again as time passes."]


def metrics_words(manifest: Facts) -> str:
    """Why these metrics."""
    asked = manifest["spec"]["objective"].get("metric")
    first = f"The spec asks for {asked}." if asked else "The first is the one that the search made as good as it could."
    if manifest["verdict"]:
        first += " What decides is money: the costs of the spec, against the best policy without a model."
    return f"{first} Intervals are of 95 %, by a bootstrap over test rows, or groups of them."


def robustness(manifest: Facts, verdict: VerdictRecord | None) -> list[str]:
    """What was tried to break the answers."""
    found = [
        "Missing cells and levels that training did not have get an answer; cells that cannot be read are missing."
    ]
    if reason := manifest["parity"].get("reason"):
        found.append(f"What ships is compared with what was trained: {reason}.")
    if verdict and verdict.scenarios:
        kept = sum(case.worth for case in verdict.scenarios)
        found.append(
            f"Deploying pays in {kept} of {len(verdict.scenarios)} cases where one amount is half or twice what the "
            "spec says."
        )
    found.append(Ready("Answers to golden rows are in the bundle: `automl verify` compares them on any machine."))
    return found


def caveats(manifest: Facts, verdict: VerdictRecord | None) -> list[str]:
    """What to mind."""
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
    found += _of_verdict(manifest, verdict)
    if not manifest["groups"]:
        found.append("Nobody has checked it for fairness between groups of people.")
    found.append(f"The golden rows are synthetic: no row of the training data is in them. {_kept(manifest)}")
    return found


def _kept(manifest: Facts) -> str:
    """What of the judged rows is in the bundle; one that was written before bins were kept has none."""
    said = manifest["spec"].get("bundle", {})
    evidence = said.get("evidence", "rows")
    bins = evidence != "none" and said.get("reference", "none") == "binned"
    return KEPT[evidence] + (f" {BINNED}" if bins else "")


def _of_verdict(manifest: Facts, verdict: VerdictRecord | None) -> list[str]:
    found = []
    if verdict and not verdict.worth:
        found.append("Deploying is not shown to be worth it; the bundle was written all the same, on request.")
    if verdict and verdict.rows != verdict.test_rows:
        found.append(
            f"Fewer than {ROWS_SMALL:,} test rows: the verdict stands on out-of-fold rows too, whose scores helped "
            "to choose the model and so may flatter it a little."
        )
    if not verdict and manifest["target"]["kind"] != "regression":
        found.append("No costs were given: a wrong decision counts as 1, whichever it is.")
    return found


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
