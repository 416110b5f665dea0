"""A recalibrated champion has the same members, and says again what its probabilities mean."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.bundle.kept import kept_rows
from automl.bundle.lineage import RetrainedRecord
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.errors import DataError
from automl.retrain.parting import learned_until
from automl.retrain.rungs.recalibrate import challenge


@pytest.fixture
def commoner(world) -> pl.DataFrame:
    """The same world, in which good loans have become four times rarer: a curve has to move far."""
    rows = world(1_200, seed=4, start=150)
    return rows.filter((pl.col("bad") == 1) | (pl.int_range(pl.len()) % 4 == 0))


def test_probabilities_follow_the_new_share_of_bad_loans(contest, commoner, tmp_path):
    """Rows keep their order, and their mean probability comes near the share that is seen."""
    asked = contest(commoner)
    with challenge(asked, tmp_path / "made.bundle") as challenger:
        assert verify(tmp_path / "made.bundle").golden_rows
        old, new = (
            bundle.predict(asked.rows.judged.frame)["probability"].to_numpy()
            for bundle in (asked.champion, challenger.bundle)
        )
    seen = asked.rows.judged.frame["bad"].mean()
    assert abs(new.mean() - seen) < abs(old.mean() - seen) / 2
    assert (np.diff(new[np.argsort(old)]) >= -1e-12).all()
    assert challenger.bundle.manifest.members == asked.champion.manifest.members
    assert challenger.bundle.manifest.parent == asked.champion.manifest.content_hash


def test_the_promoted_one_has_learned_from_all_new_rows(contest, commoner, tmp_path):
    """Its scores are those of the twin that was judged, and it may be recalibrated once more."""
    asked, out = contest(commoner), tmp_path / "out.bundle"
    record = RetrainedRecord(rung="recalibrate", number=1, difference=1.0, low=0.1, alpha=0.01, rows=100)
    with challenge(asked, tmp_path / "made.bundle") as challenger:
        challenger.promote(out, record)
        scores = challenger.bundle.manifest.scores
    promoted = Bundle.load(out)
    assert promoted.manifest.scores == scores
    assert promoted.manifest.twin.shipped
    assert promoted.manifest.twin.rows == asked.rows.learn.frame.height + asked.rows.judged.frame.height
    assert promoted.manifest.retrained == record


def test_a_curve_is_learned_by_rows_that_the_champion_has_not_seen(contest, world, commoner, tmp_path):
    """Of those that it has learned from it knows the answer, and they are not among its evidence."""
    asked = contest(pl.concat([world(600, seed=1), commoner]))
    until = learned_until(asked.champion)
    with challenge(asked, tmp_path / "made.bundle") as challenger:
        evidence = kept_rows(challenger.bundle).data.train
    assert evidence.n > commoner.height / 2
    assert evidence.time.min() > until


def test_a_curve_takes_some_rows(contest, world, tmp_path):
    """Where all that came later is judged on, the rung is left out."""
    asked = contest(pl.concat([world(600, seed=1), world(100, seed=2, start=150)]))
    old = asked.rows.learn.frame.filter(pl.col("day") < dt.date(2026, 2, 1))
    none = replace(asked, rows=replace(asked.rows, learn=replace(asked.rows.learn, frame=old)))
    with pytest.raises(DataError, match="too few to learn a curve by"), challenge(none, tmp_path / "made.bundle"):
        pass
