"""What people read: golden files, and names from data that stay names."""

from __future__ import annotations

import json
from types import SimpleNamespace
from unittest.mock import ANY

from automl.report import text


def test_the_end_of_a_fit_shows_scores_money_limits_and_the_next_command(verdict, golden, gate):
    """The last screen of `automl fit`."""

    class Done:
        def summary(self):
            score = {"metric": "roc_auc", "value": 0.812, "low": 0.75, "high": 0.86, "rows": "test", "n": 250}
            return {
                "bundle": "credit.bundle",
                "verdict": verdict,
                "scores": [score, score | {"rows": "oof", "low": None, "n": 750}],
                "left_out": [],
                "gates": [gate(ok=True), gate(ok=True) | {"gate": "size", "limit": None, "unit": "MB"}],
                "trials": 31,
                "stopped": "Ctrl-C",
                "untried": None,
                "seconds": 58.4,
            }

    golden("fit.txt", text.render_fit(Done()) + "\n")


def test_a_score_without_a_value_says_why_below_the_table():
    """R17: an empty cell in the table of the terminal, and the reason with its count."""
    score = {"metric": "mape", "value": 0.31, "low": None, "high": None, "rows": "oof", "n": 750, "reason": None}
    none = score | {"value": None, "rows": "test", "reason": "the target is 0 in 2 of 30 rows"}
    facts = {"bundle": "a", "verdict": None, "gates": [], "trials": 1, "stopped": None, "untried": None, "seconds": 9}
    beside = {"scores": [none, score], "left_out": ["3 rows of test have no usable target"]}
    told = text.render_fit(SimpleNamespace(summary=lambda: facts | beside))
    assert "  mape                           0.3100" in told
    assert "  mape has no value on the test part: the target is 0 in 2 of 30 rows" in told
    assert "\n  3 rows of test have no usable target" in told


def test_a_constant_for_want_of_time_is_the_first_line():
    """Who asked for it all the same reads first that nothing else was tried."""
    untried = "the time ended before anything but the constant was tried"
    facts = {
        "bundle": "a.bundle",
        "verdict": None,
        "scores": [],
        "left_out": [],
        "gates": [],
        "trials": 1,
        "stopped": None,
        "seconds": 9,
    }
    told = text.render_fit(SimpleNamespace(summary=lambda: facts | {"untried": untried}))
    assert told.splitlines()[0] == f"This is a constant: {untried}"


def test_a_bundle_is_described_from_its_checked_manifest(bundle):
    """`automl show BUNDLE`."""
    facts = text.describe(bundle)
    shown = text.render_description(facts)
    assert facts["kind"] == "bundle"
    assert "predicts bad (binary) from 6 columns" in shown
    assert "roc_auc" in shown


def test_a_run_tells_what_each_group_of_features_gained(tmp_path):
    """What the search over features found stands in the journal and is shown, kept or not."""
    group = {"name": "crossing", "gain": 0.012, "errors": 4.1, "kept": True, "asks": [], "proposed": 8}
    entry = {"kind": "features", "groups": [{**group, "text": "crossing: 1.20% less loss; kept, 5 of 8"}]}
    (tmp_path / "journal.jsonl").write_text(json.dumps(entry) + "\n")
    facts = text.describe(tmp_path)
    assert facts["features"] == [{"name": "crossing", "gain": 0.012, "errors": 4.1, "kept": True, "text": ANY}]
    assert "features: crossing: 1.20% less loss; kept, 5 of 8" in text.render_description(facts)


def test_a_board_shows_what_faster_or_smaller_would_lose(tmp_path, board):
    """The front of the last search is told with learners' names, its chosen point marked."""
    small = {"weights": [[1, 1.0]], "loss": 0.6, "score": None, "latency_p99": 1e-4, "size": 5e4}
    large = {"weights": [[2, 0.75], [1, 0.25]], "loss": 0.5, "score": 0.8, "latency_p99": 3e-4, "size": 2e6}
    fronts = [{"kind": "front", "chosen": [], "points": [small]}]
    fronts.append({"kind": "front", "chosen": large["weights"], "points": [large, small]})
    lines = [*({"kind": "trial", **trial} for trial in board), *fronts]
    (tmp_path / "journal.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    facts = text.describe(tmp_path, board=True)
    assert [point["chosen"] for point in facts["front"]] == [True, False]
    shown = text.render_description(facts)
    names = {trial["id"]: trial["learner"] for trial in board}
    assert f"{names[2]} 2 75%, {names[1]} 1 25%" in shown
    assert shown.splitlines()[-2].split()[-5:] == ["0.5", "0.8", "0.3", "2", "chosen"]
    assert text.describe(tmp_path)["front"] == []


def test_a_plan_is_told_in_lines():
    """What `--dry-run` prints: nested facts are indented, what is not set is left out."""
    columns = [{"name": "age", "wire": "number", "reason": None, "evidence": {"seen": 1}}]
    plan = {"target": "class", "limits": {"size": "25MB", "memory": None}, "labels": ["1", "2"], "columns": columns}
    told = "target: class\nlimits:\n  size: 25MB\nlabels:\n  1\n  2\ncolumns:\n  age, number"
    assert text.render_plan(plan) == told


def test_a_run_folder_is_described_while_it_is_written(tmp_path, board):
    """R05: a torn last line is ignored; the reasons of a refusal are shown; the board only if asked for."""
    lines = [json.dumps({"kind": "start"}), *(json.dumps({"kind": "trial", **trial}) for trial in board), '{"kind": "t']
    (tmp_path / "journal.jsonl").write_text("\n".join(lines))
    (tmp_path / "refusal.json").write_text(json.dumps({"reasons": ["too\nslow"]}))
    facts = text.describe(tmp_path, board=True)
    assert facts["trials"] == {"ok": 2, "memory": 1}
    shown = text.render_description(facts).splitlines()
    assert shown[2] == "refused: too\\nslow"
    assert shown[5].split()[:3] == ["lightgbm", "2", "0.51"]
    assert text.describe(tmp_path)["board"] == []
