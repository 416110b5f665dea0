"""A run folder is told from its journal, whole or torn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automl.report.run import by_loss, describe_run, is_run


def journal(folder: Path, *entries: object, torn: bytes = b"") -> Path:
    """A run folder whose journal has these entries."""
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "journal.jsonl").write_bytes(text.encode() + torn)
    return folder


def trial(number: int, loss: float | None, status: str = "ok") -> dict[str, object]:
    return {"kind": "trial", "id": number, "loss": loss, "status": status}


def test_a_run_is_a_folder_with_a_journal(tmp_path):
    """A folder of anything else is none, nor is a folder that is not there."""
    assert not is_run(tmp_path)
    assert not is_run(tmp_path / "nowhere")
    assert is_run(journal(tmp_path))


def test_the_best_trial_comes_first(tmp_path):
    """By loss, then by number; trials without a loss are last, an infinite loss before them."""
    trials = [
        trial(1, None, "time"),
        trial(2, 0.5),
        trial(3, 0.1),
        trial(4, 0.5),
        trial(5, float("inf")),
        trial(6, None),
    ]
    assert [each["id"] for each in sorted(trials, key=by_loss)] == [3, 2, 4, 5, 1, 6]
    told = describe_run(journal(tmp_path, *trials[:4]), board=True)
    assert [each["id"] for each in told["board"]] == [3, 2, 4, 1]
    assert told["trials"] == {"time": 1, "ok": 3}


def test_without_the_board_nothing_long_is_told(tmp_path):
    """Trials are counted but not listed, and the front stays out."""
    front = {"kind": "front", "chosen": [], "points": [{"weights": []}]}
    told = describe_run(journal(tmp_path, trial(1, 0.1), front), board=False)
    assert (told["kind"], told["path"], told["trials"]) == ("run", str(tmp_path), {"ok": 1})
    assert (told["board"], told["front"]) == ([], [])


@pytest.mark.parametrize("torn", [b'{"kind": "trial", "id"', b"\xff\xfe", b"[1, 2]", b"null", b'"text"', b"\n\n"])
def test_a_line_that_is_no_entry_is_passed_over(tmp_path, torn):
    """R05: a run may be under way, and whatever the last line holds, the others count."""
    assert describe_run(journal(tmp_path, trial(1, 0.1), torn=torn), board=True)["trials"] == {"ok": 1}


def test_an_empty_journal_is_a_run_that_has_just_begun(tmp_path):
    """Nothing tried, nothing refused."""
    told = describe_run(journal(tmp_path), board=True)
    assert (told["trials"], told["features"], told["refused"], told["board"], told["front"]) == ({}, [], [], [], [])


def test_reasons_of_a_refusal_are_told(tmp_path):
    """Beside the journal lies why there is no bundle."""
    (tmp_path / "refusal.json").write_text(json.dumps({"reasons": ["zu groß", "too slow"]}), encoding="utf-8")
    assert describe_run(journal(tmp_path), board=False)["refused"] == ["zu groß", "too slow"]


def test_the_last_front_counts(tmp_path):
    """A front is written anew as the search goes on; the point that the run took is marked, and it alone."""
    points = [{"weights": [[1, 1.0]]}, {"weights": [[2, 1.0]]}]
    entries = [{"kind": "front", "chosen": weights, "points": points} for weights in ([[1, 1.0]], [[2, 1.0]])]
    told = describe_run(journal(tmp_path, *entries), board=True)
    assert [point["chosen"] for point in told["front"]] == [False, True]


def test_groups_of_features_come_in_the_order_of_the_search(tmp_path):
    """Of every search over features, only what people read."""
    group = {"name": "dates", "gain": 0.1, "errors": 2.0, "kept": False, "text": "no", "asks": [1]}
    entries = [{"kind": "features", "groups": [group]}, {"kind": "features", "groups": [group | {"name": "texts"}]}]
    told = describe_run(journal(tmp_path, *entries), board=False)["features"]
    assert [each["name"] for each in told] == ["dates", "texts"]
    assert "asks" not in told[0]
