"""A model ages where the world moves, and the bundle says how fast."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide

SPEC = {
    "objective": {
        "target": "bad",
        "positive": 1,
        "costs": {"false_positive": 1, "false_negative": 5, "currency": "EUR"},
    },
    "data": {"time": ["day"]},
    "budget": {"trials": 1, "time": "10min", "executor": "inline", "workers": 1},
    "recipe": {"learners": ["linear"], "folds": 4, "feature_search": 0, "members": 1},
}


def _world(turn: float) -> pl.DataFrame:
    """Rows of 200 days; the direction that tells of a bad loan turns by so many radians meanwhile."""
    rng = np.random.default_rng(5)
    n, x = 1_200, rng.normal(size=(1_200, 2))
    angle = turn * np.arange(n) / n
    bad = rng.random(n) < 1 / (1 + np.exp(-4 * (np.cos(angle) * x[:, 0] + np.sin(angle) * x[:, 1])))
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=int(day)) for day in np.arange(n) * 200 // n]
    return pl.DataFrame({"day": days, "x0": x[:, 0], "x1": x[:, 1], "bad": bad.astype(np.int64)})


@pytest.fixture(scope="module")
def turning(tmp_path_factory):
    """A fit in a world that turns by half a circle."""
    return fit(SPEC, train=_world(np.pi), out=tmp_path_factory.mktemp("ages") / "loans.bundle", write_anyway=True)


def test_older_models_lose_more_in_a_world_that_turns(turning):
    """In loss and in money, the more the older they are; each stretch says on how many rows it stands."""
    ages = turning.bundle.manifest.ages
    assert len(ages) > 3
    assert all(one.rows >= 100 and one.start < one.end for one in ages)
    assert ages[-1].low > 0
    assert ages[-1].lost_low > 0
    assert ages[-1].worse > 2 * ages[0].worse
    assert all(one.worse == pytest.approx(one.loss - one.fresh) for one in ages)


def test_rows_of_one_moment_tell_how_sure_they_are(tmp_path):
    """Where all rows of a month bear its first day, a stretch of age has one or two moments: no interval is empty."""
    monthly = _world(np.pi).with_columns(pl.col("day").dt.truncate("1mo"))
    ages = fit(SPEC, train=monthly, out=tmp_path / "loans.bundle", write_anyway=True).bundle.manifest.ages
    assert ages
    assert all(one.low < one.worse < one.high for one in ages)


def test_in_a_still_world_no_money_is_lost(tmp_path):
    """Nothing that could not be chance: older models have only learned from fewer rows."""
    ages = fit(SPEC, train=_world(0.0), out=tmp_path / "loans.bundle", write_anyway=True).bundle.manifest.ages
    assert ages
    assert all(one.lost_low <= 0 for one in ages)


def test_money_is_promised_for_the_age_in_use(turning, tmp_path):
    """Without [retrain] every it is that of the verdict, by the span of the test part; used longer, it is less."""
    whole = turning.bundle.manifest
    assert whole.in_use.used == whole.in_use.judged == pytest.approx(50 * 86_400, rel=0.05)
    assert whole.in_use.saving == pytest.approx(whole.verdict.saving)
    spec = {**SPEC, "retrain": {"every": "180d"}}
    longer = fit(spec, train=_world(np.pi), out=tmp_path / "loans.bundle", write_anyway=True)
    use = longer.bundle.manifest.in_use
    assert use.used == 180 * 86_400
    assert use.saving < longer.verdict.saving
    assert "Used until it is 180 days old" in (longer.path / "report.html").read_text(encoding="utf-8")


def test_the_report_draws_it(turning):
    """With the numbers in a table, loss and money."""
    page = (turning.path / "report.html").read_text(encoding="utf-8")
    assert "How it ages" in page
    assert "saved less, EUR per 1,000 rows" in page


def test_under_other_costs_only_the_loss_stays(turning, tmp_path):
    """Money by age was that of another policy."""
    out = tmp_path / "other.bundle"
    decide(turning.path, ["objective.costs.false_positive=2"], out, write_anyway=True)
    ages = Bundle.load(out).manifest.ages
    assert [one.worse for one in ages] == [one.worse for one in turning.bundle.manifest.ages]
    assert all(one.lost is None for one in ages)
