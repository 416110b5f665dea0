"""A bundle trained on any format scores the same rows of every other format alike."""

from __future__ import annotations

import datetime as dt
import sys
from subprocess import run

import numpy as np
import polars as pl
import pytest

from automl.deploy import batch
from automl.pipeline.fit import fit
from automl.spec import parse

FORMATS = ("csv", "parquet", "ndjson", "arrow", "xlsx")


def trips(n: int = 240) -> pl.DataFrame:
    """Columns of kinds that formats write in different ways, with gaps; each tells something of the target."""
    rng = np.random.default_rng(3)
    insured, zone = rng.random(n) < 0.5, rng.integers(0, 4, n)
    seconds = rng.integers(-500, 90_000, n)
    start = [dt.datetime(2020, 1, 1) + dt.timedelta(hours=int(hour)) for hour in rng.integers(0, 9_000, n)]  # noqa: DTZ001  # naive
    late = rng.random(n) < 1 / (1 + np.exp(-(2.0 * insured + 1.5 * (zone == 2) + seconds / 30_000 - 2.5)))
    frame = pl.DataFrame(
        {
            "insured": insured,
            "zone_code": zone.astype(float),
            "level": zone % 3,
            "price": pl.Series((seconds / 8).round(2)).cast(pl.Decimal(12, 2)),
            "took": [dt.timedelta(seconds=int(second)) for second in seconds],
            "start": start,
            "opened": pl.Series(start).dt.replace_time_zone("UTC"),
            "clock": pl.Series(start).dt.time(),
            "kind": pl.Series(np.array(["red", "2.0", "7"])[zone % 3]).cast(pl.Categorical),
        }
    )
    gaps = pl.DataFrame({name: rng.random(n) < 0.05 for name in frame.columns})
    kept = (pl.when(~gaps[name]).then(pl.col(name)).alias(name) for name in frame.columns)
    return frame.select(kept).with_columns(pl.Series("late", late))


@pytest.fixture(scope="module")
def files(in_each_format, tmp_path_factory):
    """The same rows five times."""
    return in_each_format(trips(), tmp_path_factory.mktemp("formats"))


@pytest.mark.parametrize("trained", FORMATS)
def test_each_format_scores_alike(trained, files, tmp_path):
    """Five files give one answer, to the last digit, whichever the bundle was trained on; score.py gives it too."""
    spec = parse(
        {
            "objective": {"target": "late", "positive": "true", "task": "binary"},
            "data": {"train": str(files[trained]), "types": {"level": "category", "zone_code": "category"}},
            "budget": {"time": "5min", "trials": 1, "executor": "inline", "workers": 1},
            "recipe": {"folds": 2, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    bundle = fit(spec, out=tmp_path / "late.bundle", write_anyway=True).path
    answers = {}
    for form in FORMATS:
        batch.predict(bundle, files[form], tmp_path / f"{form}.csv")
        answers[form] = (tmp_path / f"{form}.csv").read_bytes()
    assert [form for form in FORMATS if answers[form] != answers[trained]] == []
    assert pl.read_csv(answers[trained])["probability"].n_unique() > len(answers)
    run([sys.executable, str(bundle / "score.py"), files["csv"], "-o", tmp_path / "alone.csv"], check=True, timeout=120)
    assert (tmp_path / "alone.csv").read_bytes() == answers["csv"]
