"""Staging and finishing: a bundle is whole or absent."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from automl.bundle.files import open_files
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.bundle.write import discard, finish, stage, staging
from automl.errors import BundleError, MachineError, SpecError
from automl.gates.base import GateVerdict

GATE = GateVerdict(
    gate="size", ok=True, measured=1.0, limit=2.0, unit="MB", reason="sum", protocol="bytes", raw={"bytes": 1_000_000}
)
VERDICT = {
    "worth": True,
    "reason": "it saves 2 EUR",
    "currency": "EUR",
    "amounts": [],
    "evidence": "test",
    "rows": 9,
    "ours": 1.0,
    "policies": [],
    "best": "none",
    "saving": 2.0,
    "low": 1.0,
    "high": 3.0,
    "test_rows": 9,
    "test_ours": 1.0,
    "test_saving": 2.0,
    "test_low": 1.0,
    "test_high": 3.0,
    "test_total": 0.018,
    "break_even": None,
    "scenarios": [],
    "unpriced": 0,
    "taken": [],
    "running": None,
    "capacity": None,
}


def test_what_is_finished_is_final(make_contents, binary, tmp_path):
    """A finished bundle carries gates, verdict and card, is not provisional, and passes its check."""
    out = tmp_path / "a.bundle"
    stage(make_contents(binary), staging(out))
    assert open_files(staging(out)).manifest.provisional
    finish(staging(out), out, gates=[GATE], verdict=VERDICT, card="# Card\n", report={"report.html": "<p>hi</p>"})
    manifest = Bundle.load(out).manifest
    assert not manifest.provisional
    assert manifest.gates[0].raw == {"bytes": 1_000_000}
    assert manifest.verdict is not None
    assert manifest.verdict.model_dump(mode="json") == VERDICT
    assert {"card.md", "report.html"} <= set(manifest.files)
    assert not staging(out).exists()
    assert verify(out).golden_rows > 64


def test_a_staged_bundle_scores_and_is_not_verified(make_contents, binary, raw, tmp_path):
    """Gates can measure the staged folder; `verify` says that it was never finished."""
    stage(make_contents(binary), tmp_path / "s")
    assert Bundle.load(tmp_path / "s").predict(raw).height == raw.height
    with pytest.raises(BundleError, match="never finished"):
        verify(tmp_path / "s")
    discard(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_what_gates_leave_behind_does_not_ship(make_contents, binary, tmp_path):
    """Files that the staged manifest does not name are removed; changed ones refuse the bundle."""
    out = tmp_path / "a.bundle"
    stage(make_contents(binary), staging(out))
    (staging(out) / "__pycache__").mkdir()
    (staging(out) / "__pycache__" / "score.pyc").write_bytes(b"x")
    finish(staging(out), out, gates=(), verdict=None, card="")
    assert not (out / "__pycache__").exists()
    stage(make_contents(binary), staging(out))
    (staging(out) / "score.py").write_text("print(1)")
    with pytest.raises(BundleError, match=r"score\.py"):
        finish(staging(out), out, gates=(), verdict=None, card="")


def test_only_a_bundle_is_replaced(make_contents, binary, tmp_path):
    """A folder that is no bundle is never overwritten by `--out`."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("all of it")
    stage(make_contents(binary), tmp_path / "s")
    with pytest.raises(SpecError):
        finish(tmp_path / "s", tmp_path / "home", gates=(), verdict=None, card="")
    assert (tmp_path / "home" / "thesis.txt").exists()


def test_the_content_hash_is_of_the_answers(make_contents, binary, tmp_path):
    """R12: the same contents give the same content hash at any time; another spec gives another."""
    contents = make_contents(binary)
    first = stage(contents, tmp_path / "a")
    later = stage(replace(contents, created=contents.created.replace(year=2027)), tmp_path / "b")
    other = stage(replace(contents, spec={"objective": {"target": "else"}}), tmp_path / "c")
    assert first.content_hash == later.content_hash != other.content_hash


def test_the_graph_must_agree_with_training(make_contents, binary, tmp_path):
    """B13: golden answers computed natively that differ from the graph's refuse the bundle; equal ones pass."""
    contents = make_contents(binary)
    stage(contents, tmp_path / "a")
    scorer = Bundle.load(tmp_path / "a")._scorer
    native = {
        name: np.array(cells) for name, cells in zip(scorer.columns, scorer.answers(contents.golden), strict=True)
    }
    stage(replace(contents, native=native), tmp_path / "b")
    skewed = native | {"probability": native["probability"] + 1e-6}
    with pytest.raises(BundleError, match="disagree: row 0: probability"):
        stage(replace(contents, native=skewed), tmp_path / "c")


def test_two_processes_write_one_place_and_mix_nothing(make_contents, binary, regression, tmp_path, monkeypatch):
    """R07: each stages in a folder of its own, so that no bundle has the verdict of another; the last one stands."""
    out = tmp_path / "a.bundle"
    first = stage(make_contents(binary), ours := staging(out))
    with monkeypatch.context() as other:
        other.setattr(os, "getpid", os.getppid)  # one that runs
        second = stage(make_contents(regression), staging(out))
        assert finish(staging(out), out, gates=(), verdict=None, card="second") == out
    assert open_files(out).manifest.content_hash == second.content_hash
    finish(ours, out, gates=(), verdict=None, card="first")
    assert open_files(out).manifest.content_hash == first.content_hash
    verify(out)
    assert list(tmp_path.iterdir()) == [out]


def test_what_a_dead_process_staged_goes(make_contents, binary, tmp_path):
    """B12: kill -9 while a bundle is staged leaves it; the next bundle at that place takes it away."""
    out = tmp_path / "a.bundle"
    (tmp_path / f".a.bundle.{2**30}.staged" / "golden").mkdir(parents=True)  # a number beyond those of processes
    stage(make_contents(binary), staging(out))
    finish(staging(out), out, gates=(), verdict=None, card="")
    assert list(tmp_path.iterdir()) == [out]


def test_a_full_disk_leaves_the_old_bundle(full_disk, make_contents, binary, tmp_path):
    """R08: with no room left `stage` raises a MachineError (exit 6), and the bundle that stood there still verifies."""
    out = tmp_path / "a.bundle"
    stage(make_contents(binary), staging(out))
    finish(staging(out), out, gates=(), verdict=None, card="old")
    with full_disk(), pytest.raises(MachineError, match="disk is full") as raised:
        stage(make_contents(binary), staging(out))
    assert raised.value.exit_code == 6
    assert not staging(out).exists()
    verify(out)


def test_a_disk_that_fills_at_the_end_leaves_nothing(full_disk, make_contents, binary, tmp_path):
    """R08: `finish` removes what was staged, too, and nothing stands at the place."""
    out = tmp_path / "a.bundle"
    stage(make_contents(binary), staging(out))
    with full_disk(), pytest.raises(MachineError, match="disk is full"):
        finish(staging(out), out, gates=(), verdict=None, card="x" * 2_000)
    assert list(tmp_path.iterdir()) == []
