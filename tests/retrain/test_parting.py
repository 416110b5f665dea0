"""New rows are parted so that nobody is judged on what he has learned from."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from automl.bundle.kept import kept_rows
from automl.bundle.lineage import TwinRecord
from automl.bundle.read import Bundle
from automl.data.read.source import load
from automl.errors import DataError, SpecError
from automl.retrain.parting import learned_until, part
from automl.spec import parse
from automl.spec.retrain import Retrain

FEW = Retrain(least=100)


def _spec(champion: Bundle, **data: object):
    spec = parse(champion.manifest.spec)
    return spec.model_copy(update={"data": spec.data.model_copy(update=data)})


def test_the_judged_rows_are_the_latest_after_a_gap(champion, world):
    """Between what is learned and what is judged lies the horizon, and rows whose label is not due are in neither."""
    rows = world(500, seed=2, start=150)
    parted = part(load(rows), champion, _spec(champion, horizon=10 * 86_400.0), FEW)
    learned, judged = parted.learn.frame["day"], parted.judged.frame["day"]
    assert (judged.min() - learned.max()).days >= 10
    assert (rows["day"].max() - judged.max()).days == 10
    assert parted.sentence.startswith("What is judged on is the last part by time")
    gap = parted.between.frame["day"]
    assert learned.max() < gap.min()
    assert gap.max() < judged.min()


def test_half_of_few_later_rows_judge(champion, world):
    """Whether old rows are among them or not; the ages of the champion tell how long ago it has learned."""
    rows, until = world(500, seed=2, start=150), learned_until(champion) / 1e6
    parted = part(load(rows), champion, _spec(champion), FEW)
    assert parted.judged.frame.height == pytest.approx(250, abs=5)
    first, last = (
        dt.datetime.combine(day, dt.time(), dt.UTC).timestamp() - until
        for day in (parted.judged.frame["day"].min(), parted.judged.frame["day"].max())
    )
    assert parted.ages.judged == (first, last)
    assert parted.ages.used == (last, last + 30 * 86_400.0)
    yearly = part(load(rows), champion, _spec(champion), Retrain.model_validate({"least": 100, "every": "365d"}))
    assert yearly.ages.used == (last, last + 365 * 86_400.0)


def test_a_twin_that_did_not_ship_has_not_learned_what_it_was_judged_on(champion, monkeypatch):
    """Only who ships has learned."""
    whole = kept_rows(champion).data
    learned = []
    for shipped in (False, True):
        twin = TwinRecord(shipped=shipped, rows=1, rank=1.0, changed=0.0, reason="")
        monkeypatch.setattr(champion, "manifest", champion.manifest.model_copy(update={"twin": twin}))
        learned.append(learned_until(champion))
    assert learned == [np.nanmax(whole.train.time), np.nanmax(whole.test.time)]


def test_a_row_without_a_label_is_in_neither_part(champion, world):
    """Its outcome is not known: nobody can learn from it or be judged on it."""
    rows = world(500, seed=2, start=150).with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("bad")).alias("bad")
    )
    parted = part(load(rows), champion, _spec(champion), FEW)
    assert parted.learn.frame.height + parted.judged.frame.height <= 250
    assert parted.judged.frame["bad"].null_count() == 0


def test_the_window_says_how_far_back_a_challenger_learns(champion, world):
    """Earlier rows are left out of what is learned, and of nothing else."""
    rows = world(500, seed=2, start=150)
    whole = part(load(rows), champion, _spec(champion), FEW)
    short = part(load(rows), champion, _spec(champion), Retrain.model_validate({"least": 100, "window": "70d"}))
    assert (rows["day"].max() - short.learn.frame["day"].min()).days <= 70
    assert short.learn.frame.height < whole.learn.frame.height
    assert short.judged.frame.equals(whole.judged.frame)


def test_what_the_champion_has_learned_is_not_judged_on(champion, world):
    """The very rows of its fit are refused, with the day until which it has learned."""
    with pytest.raises(DataError, match="has learned from rows until 2026-0"):
        part(load(world(600, seed=1).head(450)), champion, _spec(champion), FEW)
    assert learned_until(champion) < dt.datetime(2026, 4, 11, tzinfo=dt.UTC).timestamp() * 1e6


def test_old_rows_are_learned_from_and_never_judged_on(champion, world):
    """Of all rows there ever were the last of the later ones are judged on; those just before them are learned from."""
    new, until = world(300, seed=2, start=150), dt.datetime.fromtimestamp(learned_until(champion) / 1e6, dt.UTC).date()
    old = world(600, seed=1).filter(pl.col("day") <= until)
    parted = part(load(pl.concat([old, new])), champion, _spec(champion), FEW)
    alone = part(load(new), champion, _spec(champion), FEW)
    assert parted.judged.frame.equals(alone.judged.frame)
    assert parted.learn.frame.equals(pl.concat([old, alone.learn.frame]))


def test_rows_whose_label_is_not_due_say_how_long_it_takes(champion, world):
    """Whether or not somebody left out earlier ones."""
    rows, spec = world(500, seed=2, start=150), _spec(champion, horizon=200 * 86_400.0)
    with pytest.raises(DataError, match="no row is so old that its label is due: it takes 200 days"):
        part(load(rows), champion, spec, FEW)
    since = dt.datetime(2027, 1, 1, tzinfo=dt.UTC).timestamp() * 1e6
    with pytest.raises(DataError, match="no row after 2027-01-01 is so old"):
        part(load(rows), champion, _spec(champion), FEW, since=since)


def test_too_few_rows_say_how_many_it_takes(champion, world):
    """With what is asked for, and where that stands."""
    with pytest.raises(DataError, match="are too few") as refused:
        part(load(world(80, seed=2, start=150)), champion, _spec(champion), FEW)
    assert "It takes 100 with a label ([retrain] least)" in str(refused.value)


def test_a_window_that_ends_before_the_judged_rows_leaves_nothing_to_learn_from(champion, world):
    """It is told before any challenger is tried."""
    short = Retrain.model_validate({"least": 100, "window": "10d"})
    with pytest.raises(DataError, match="0 rows to learn from and 2") as refused:
        part(load(world(500, seed=2, start=150)), champion, _spec(champion), short)
    assert "Wait for more or give a longer window." in str(refused.value)


def test_rows_without_the_target_are_refused(champion, world):
    """A challenger learns from outcomes."""
    with pytest.raises(DataError, match="no column 'bad', the target"):
        part(load(world(500, seed=2).drop("bad")), champion, _spec(champion), FEW)


def test_the_rate_of_rows_is_that_of_the_new_ones(champion, world):
    """Five hundred rows in a hundred days are five a day."""
    parted = part(load(world(500, seed=2, start=150)), champion, _spec(champion), FEW)
    assert parted.rate is not None
    assert np.isclose(parted.rate * 86_400, 5.0, rtol=0.05)


def test_a_column_that_is_gone_is_told(champion, world):
    """What the champion reads is missing then; a time is not done without, an excluded column is."""
    rows = world(500, seed=2, start=150)
    parted = part(load(rows.drop("x1")), champion, _spec(champion, exclude=("gone",)), FEW)
    assert parted.sentence.endswith("The rows lack 'x1': to the champion that is missing, and a refit does without.")
    assert "lack" not in part(load(rows), champion, _spec(champion), FEW).sentence
    with pytest.raises(SpecError, match="no column 'day'"):
        part(load(rows.drop("day")), champion, _spec(champion), FEW)
