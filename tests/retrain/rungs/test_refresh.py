"""A refreshed champion has the same shape and other numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.bundle.lineage import RetrainedRecord
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.data.read.source import load
from automl.errors import DataError
from automl.retrain.paired import judged_rows, paired
from automl.retrain.parting import part
from automl.retrain.refresh.refresh import refreshed
from automl.retrain.rungs import recalibrate, refresh


def test_a_refresh_learns_what_no_curve_can(contest, world, tmp_path):
    """Where the rule has changed, new coefficients save more than a new curve; features and members stay."""
    asked = contest(world(700, seed=4, start=150, changed=True))
    judged = judged_rows(asked.champion, asked.spec, asked.rows.judged.frame)
    record = RetrainedRecord(rung="refresh", number=1, difference=1.0, low=0.1, alpha=0.01, rows=100)
    saved = {}
    for rung in (recalibrate, refresh):
        place = tmp_path / f"{rung.__name__}.bundle"
        with rung.challenge(asked, place) as challenger:
            assert verify(place).golden_rows
            found = paired(judged, asked.champion, challenger.bundle, asked.spec, alpha=0.05)
            saved[rung] = found.challenger
            challenger.promote(tmp_path / "out.bundle", record)
        manifest = Bundle.load(tmp_path / "out.bundle").manifest
        assert manifest.members == asked.champion.manifest.members
        assert manifest.features == asked.champion.manifest.features
    assert saved[refresh] > saved[recalibrate]


def test_a_recalibrated_champion_can_be_refreshed(contest, world, tmp_path):
    """Behind another curve its members are found again, where they stand now."""
    asked = contest(world(700, seed=4, start=150, changed=True))
    with recalibrate.challenge(asked, tmp_path / "curved.bundle") as curved:
        later = load(world(700, seed=5, start=300, changed=True))
        rows = part(later, curved.bundle, asked.spec, asked.asked)
        again = replace(asked, champion=curved.bundle, rows=rows)
    with refresh.challenge(again, tmp_path / "made.bundle"):
        assert verify(tmp_path / "made.bundle").golden_rows


def test_a_champion_that_nothing_makes_better_is_not_refreshed(contest, world, tmp_path, monkeypatch):
    """It would be the recalibrated one once more: refused with the reason, nothing is written, and no gate is asked."""
    asked = contest(world(700, seed=4, start=150, changed=True))

    def unmoved(model, members, rows, task, *, seed):
        found = refreshed(model, members, rows, task, seed=seed)
        return replace(found, counted=False, kept=("it stays",) * len(members))

    monkeypatch.setattr(refresh, "refreshed", unmoved)
    place = tmp_path / "made.bundle"
    with pytest.raises(DataError, match="no change of the champion's numbers"), refresh.challenge(asked, place):
        pass
    assert not place.exists()
