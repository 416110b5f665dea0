"""What people read: golden files, and names from data that stay names."""

from __future__ import annotations

import json
from dataclasses import replace
from unittest.mock import ANY

import pytest

from automl.bundle.manifest import plain
from automl.bundle.read import read_manifest
from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.break_even import BreakEven
from automl.decide.verdict.verdict import BaselineCost, CellCost, Scenario, Verdict
from automl.gates.base import GateVerdict
from automl.report import text
from automl.report.card import card as model_card
from automl.report.money import verdict_story
from automl.report.refusal import tell_refusal

GOOD = Verdict(
    worth=True,
    reason="On 250 test rows and 750 out-of-fold rows the model saves 18,400 EUR per 1,000 rows.",
    currency="EUR",
    amounts=(CellCost(cell="false_positive", cost=100), CellCost(cell="false_negative", cost=500)),
    evidence="test and out-of-fold",
    rows=1_000,
    ours=46_200,
    policies=(BaselineCost(action="grant", cost=177_000), BaselineCost(action="decline", cost=64_600)),
    best="decline",
    saving=18_400,
    low=12_900,
    high=23_600,
    test_rows=250,
    test_ours=43_600,
    test_saving=25_600,
    test_low=14_800,
    test_high=35_600,
    test_total=6_400,
    break_even=BreakEven(cell="false_positive", low=36.3, high=466),
    scenarios=(
        Scenario(cell="false_negative", factor=0.5, amount=250, saving=24_800, low=19_300, high=30_401, worth=True),
        Scenario(cell="false_negative", factor=2, amount=1_000, saving=940, low=-320.5, high=1_480, worth=False),
    ),
)
BAD = replace(
    GOOD,
    worth=False,
    reason="On 1,200 test rows the model loses 120 EUR per 1,000 rows.",
    evidence="test",
    rows=1_200,
    test_rows=1_200,
    saving=-120,
    low=-300,
    high=-14.5,
    break_even=None,
    scenarios=(),
)
BOARD = [
    {"id": 1, "learner": "constant", "loss": 0.61, "score": 0.5, "seconds": 0.1, "status": "ok", "detail": ""},
    {"id": 2, "learner": "lightgbm", "loss": 0.51, "score": 0.78, "seconds": 2.5, "status": "ok", "detail": ""},
    {"id": 3, "learner": "xgboost", "loss": None, "score": None, "seconds": 9, "status": "memory", "detail": "2|3 GB"},
]


record = VerdictRecord.model_validate


def gate(*, ok: bool) -> dict:
    verdict = GateVerdict(
        gate="latency_p99",
        ok=ok,
        measured=3.1,
        limit=20.0 if ok else 2.0,
        unit="ms",
        reason=f"latency_p99 is 3.1 ms (p99 of 2,000 single rows), {'within' if ok else 'over'} the limit",
        protocol="by hand",
    )
    return plain(verdict)


@pytest.fixture
def verdict() -> dict:
    """A verdict on 250 test rows and 750 out-of-fold rows, as the manifest keeps it."""
    return plain(GOOD)


@pytest.fixture
def useless() -> dict:
    """A verdict that is not worth it."""
    return plain(BAD)


@pytest.fixture
def manifest(bundle) -> dict:
    """A true manifest with what changes from machine to machine set."""
    read = read_manifest(bundle).model_dump(mode="json")
    return read | {"engine": "0.1.0", "gates": [], "sources": {"train.csv": "ab" * 32}}


def test_the_model_card_tells_the_whole_story(manifest, verdict, golden):
    """What it predicts, what it is worth, how good it is, what it takes to run, how it was made, what to mind."""
    golden("card.md", model_card(manifest | {"verdict": verdict, "gates": [gate(ok=True)]}))


def test_a_card_without_money_says_so(manifest):
    """No verdict section, and the reader learns how a wrong decision was counted."""
    card = model_card(manifest)
    assert "What it is worth" not in card
    assert "No costs were given" in card


def test_costs_that_differ_by_row_are_told_as_such(manifest):
    """The mean with its formula; what changes is told as a factor, because there is no one amount."""
    amounts = (GOOD.amounts[0], CellCost(cell="false_negative", cost=512, formula="loan * 0.8"))
    span = BreakEven(cell="false_positive", low=0.36, high=4.66, factor=True)
    facts = plain(replace(GOOD, amounts=amounts, break_even=span))
    story = " ".join(" ".join(verdict_story(record(facts))).split())
    assert "false_negative 512 on average (loan * 0.8)" in story
    assert "while false_positive costs more than 0.36 times and less than 4.66 times what it does." in story
    assert "If false_negative were 2 times as much, the saving" in story
    assert r"| false\_negative, on average: loan \* 0.8 | 512 |" in model_card(manifest | {"verdict": facts})


def test_a_card_of_a_bundle_that_was_forced_says_so(manifest, useless):
    """Nobody can take a bundle written with --write-anyway for one that is worth deploying."""
    card = model_card(manifest | {"verdict": useless, "gates": [gate(ok=False)]})
    assert "Deploying is not shown to be worth it" in card
    assert "It does not keep every limit" in card


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_kind_of_problem_has_a_card(kind, request, make_bundle, tmp_path):
    """Several labels are listed; a number has no decision."""
    folder = make_bundle(request.getfixturevalue(kind), tmp_path / "b.bundle")
    card = model_card(read_manifest(folder).model_dump(mode="json"))
    assert ("low, mid, high" in card) == (kind == "multiclass")
    assert ("decision" in card) == (kind == "multiclass")


def test_names_from_data_stay_names_in_the_card(manifest, verdict):
    """S07: a column called as a tag, a table row or a new line is text."""
    odd = "x\nRUN touch /pwned |<script>alert(1)</script>| [a](http://b) `c` \x1b[31m"
    target = manifest["target"] | {"name": odd, "texts": [odd, "2"]}
    feature = manifest["features"][0] | {"source": [odd]}
    action = verdict | {"currency": odd}
    card = model_card(manifest | {"target": target, "features": [feature], "decisions": [odd], "verdict": action})
    assert "<script>" not in card
    assert "\x1b" not in card
    assert "\nRUN" not in card
    assert "[a](" not in card
    assert "|&lt;script" not in card.replace("\\|", "")


def test_the_verdict_reads_as_a_story(verdict, golden):
    """What a mistake costs, what doing nothing costs, what the model saves, how sure that is, what it hangs on."""
    golden("verdict.txt", "\n".join(verdict_story(record(verdict))) + "\n")


def test_names_cannot_forge_a_line_of_the_story(verdict):
    """S08: control characters and line breaks of an action's name are written out."""
    odd = verdict | {"policies": [{"action": "a\nworth: yes\x1b[2J\u2028b", "cost": 1.0}], "currency": "E\rUR"}
    told = verdict_story(record(odd))
    assert not any(character in entry for entry in told for character in "\n\r\x1b\u2028")


def test_a_refusal_says_which_limit_by_how_much_and_what_would_work(useless, golden):
    """Exit code 4 goes before 5; both reasons stand there; the board's best comes first."""
    document, page = tell_refusal(gates=[gate(ok=False)], verdict=useless, board=BOARD)
    assert document["exit_code"] == 4
    assert len(document["reasons"]) == 2
    assert document["nearest"][0]["limit"] == "limits.latency_p99"
    assert [trial["id"] for trial in document["board"]] == [2, 1, 3]
    json.dumps(document, allow_nan=False)
    golden("refusal.md", page)


def test_a_refusal_for_money_alone_is_exit_code_5(useless):
    """All limits are kept."""
    document, page = tell_refusal(gates=[gate(ok=True)], verdict=useless, board=BOARD)
    assert document["exit_code"] == 5
    assert document["nearest"] == []
    assert "nearest" not in page


def test_the_end_of_a_fit_shows_scores_money_limits_and_the_next_command(verdict, golden):
    """The last screen of `automl fit`."""

    class Done:
        def summary(self):
            score = {"metric": "roc_auc", "value": 0.812, "low": 0.75, "high": 0.86, "rows": "test", "n": 250}
            return {
                "bundle": "credit.bundle",
                "verdict": verdict,
                "scores": [score, score | {"rows": "oof", "low": None, "n": 750}],
                "gates": [gate(ok=True), gate(ok=True) | {"gate": "size", "limit": None, "unit": "MB"}],
                "trials": 31,
                "stopped": "Ctrl-C",
                "seconds": 58.4,
            }

    golden("fit.txt", text.render_fit(Done()) + "\n")


def test_a_bundle_is_described_from_its_checked_manifest(bundle):
    """`automl show BUNDLE`."""
    facts = text.describe(bundle)
    shown = text.render_description(facts)
    assert facts["kind"] == "bundle"
    assert "predicts bad (binary) from 6 columns" in shown
    assert "roc_auc" in shown


def test_a_run_folder_is_described_while_it_is_written(tmp_path):
    """R05: a torn last line is ignored; the reasons of a refusal are shown; the board only if asked for."""
    lines = [json.dumps({"kind": "start"}), *(json.dumps({"kind": "trial", **trial}) for trial in BOARD), '{"kind": "t']
    (tmp_path / "journal.jsonl").write_text("\n".join(lines))
    (tmp_path / "refusal.json").write_text(json.dumps({"reasons": ["too\nslow"]}))
    facts = text.describe(tmp_path, board=True)
    assert facts["trials"] == {"ok": 2, "memory": 1}
    shown = text.render_description(facts).splitlines()
    assert shown[2] == "refused: too\\nslow"
    assert shown[5].split()[:3] == ["lightgbm", "2", "0.51"]
    assert text.describe(tmp_path)["board"] == []


def test_a_run_tells_what_each_group_of_features_gained(tmp_path):
    """What the search over features found stands in the journal and is shown, kept or not."""
    group = {"name": "crossing", "gain": 0.012, "errors": 4.1, "kept": True, "asks": [], "proposed": 8}
    entry = {"kind": "features", "groups": [{**group, "text": "crossing: 1.20% less loss; kept, 5 of 8"}]}
    (tmp_path / "journal.jsonl").write_text(json.dumps(entry) + "\n")
    facts = text.describe(tmp_path)
    assert facts["features"] == [{"name": "crossing", "gain": 0.012, "errors": 4.1, "kept": True, "text": ANY}]
    assert "features: crossing: 1.20% less loss; kept, 5 of 8" in text.render_description(facts)


def test_a_board_shows_what_faster_or_smaller_would_lose(tmp_path):
    """The front of the last search is told with learners' names, its chosen point marked."""
    small = {"weights": [[1, 1.0]], "loss": 0.6, "score": None, "latency_p99": 1e-4, "size": 5e4}
    large = {"weights": [[2, 0.75], [1, 0.25]], "loss": 0.5, "score": 0.8, "latency_p99": 3e-4, "size": 2e6}
    fronts = [{"kind": "front", "chosen": [], "points": [small]}]
    fronts.append({"kind": "front", "chosen": large["weights"], "points": [large, small]})
    lines = [*({"kind": "trial", **trial} for trial in BOARD), *fronts]
    (tmp_path / "journal.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    facts = text.describe(tmp_path, board=True)
    assert [point["chosen"] for point in facts["front"]] == [True, False]
    shown = text.render_description(facts)
    names = {trial["id"]: trial["learner"] for trial in BOARD}
    assert f"{names[2]} 2 75%, {names[1]} 1 25%" in shown
    assert shown.splitlines()[-2].split()[-5:] == ["0.5", "0.8", "0.3", "2", "chosen"]
    assert text.describe(tmp_path)["front"] == []


def test_a_plan_is_told_in_lines():
    """What `--dry-run` prints: nested facts are indented, what is not set is left out."""
    columns = [{"name": "age", "wire": "number", "reason": None, "evidence": {"seen": 1}}]
    plan = {"target": "class", "limits": {"size": "25MB", "memory": None}, "labels": ["1", "2"], "columns": columns}
    told = "target: class\nlimits:\n  size: 25MB\nlabels:\n  1\n  2\ncolumns:\n  age, number"
    assert text.render_plan(plan) == told


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(1, None, "costs more than 1 EUR."), (None, 5, "costs less than 5 EUR."), (None, None, "whatever")],
)
def test_a_break_even_may_be_open_on_either_side(verdict, low, high, told):
    """No bound is told as none."""
    span = verdict | {"break_even": {"cell": "false_positive", "low": low, "high": high}}
    assert told in "\n".join(verdict_story(record(span)))
