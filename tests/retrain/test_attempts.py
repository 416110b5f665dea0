"""Each challenge of a line is counted, and pays for those before it."""

from __future__ import annotations

import json
from types import SimpleNamespace

from automl.bundle.lineage import RetrainedRecord
from automl.retrain.attempts import attempts_of, note_attempt


def _bundle(folder, name="a" * 64, retrained=None):
    return SimpleNamespace(
        path=folder / "loans.bundle", manifest=SimpleNamespace(content_hash=name, retrained=retrained)
    )


def test_the_first_challenge_is_the_first(tmp_path):
    """Nothing is written before one was judged."""
    found = attempts_of(_bundle(tmp_path))
    assert (found.number, found.gains) == (1, ())
    assert not found.path.exists()


def test_each_challenge_counts_and_leaves_what_it_would_have_gained(tmp_path):
    """A refused one was judged by nobody: no hypothesis was tested, and no alpha is spent."""
    bundle = _bundle(tmp_path)
    for difference in (12.5, None, -3.0):
        note_attempt(attempts_of(bundle), bundle, {"difference": difference})
    found = attempts_of(bundle)
    assert (found.number, found.gains) == (3, (12.5, -3.0))
    assert [json.loads(line)["number"] for line in found.path.read_text().splitlines()] == [1, 2, 2]


def test_a_fit_of_a_champion_before_is_remembered(tmp_path):
    """What was fitted anew and judged, by whomever: one that was passed over or refused was no fit."""
    before, now = _bundle(tmp_path), _bundle(tmp_path, "b" * 64)
    for bundle, day, ended in ((before, 1, "better"), (before, 2, "behind"), (now, 3, "passed"), (now, 4, "refused")):
        told = {"when": f"2026-05-0{day}T00:00:00+00:00", "rungs": {"refresh": "better", "refit": ended}}
        note_attempt(attempts_of(bundle), bundle, told)
    assert attempts_of(now).fitted.day == 2
    assert attempts_of(now).last.day == 4


def test_a_fit_that_would_renew_was_a_fit(tmp_path):
    """One that is stopped because its labels cannot be believed waits for `refit_every` as any other."""
    bundle = _bundle(tmp_path)
    told = {"when": "2026-05-03T00:00:00+00:00", "difference": 1.0, "rungs": {"refit": "fresh"}, "stopped": "broken"}
    note_attempt(attempts_of(bundle), bundle, told)
    assert attempts_of(bundle).fitted.day == 3


def test_each_champion_has_an_alpha_of_its_own(tmp_path):
    """What another bundle of the same name has seen does not count, nor what its parents have seen."""
    note_attempt(attempts_of(_bundle(tmp_path)), _bundle(tmp_path), {"difference": 1.0})
    record = RetrainedRecord(rung="refit", number=4, difference=1.0, low=0.5, alpha=0.01, rows=200)
    assert attempts_of(_bundle(tmp_path, "b" * 64, record)).number == 1
