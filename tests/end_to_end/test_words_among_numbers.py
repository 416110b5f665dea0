"""Words among numbers, and zones behind times, give the same answers however the rows come."""

from __future__ import annotations

import json
import sys
import warnings
from subprocess import run

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.data.read.unread import UnreadWarning
from automl.deploy import batch
from automl.pipeline.fit import fit
from automl.spec import parse

N = 300
WORDS = ("n/a?", "#DIV/0!", "inf", "-inf", "#N/A", "unknown")
ZONES = ("UTC", "gmt", "Z")


def ratios(rows: int) -> pl.DataFrame:
    """Two columns of numbers with words among them, one of amounts, one of times, each of which tells of the target."""
    rng = np.random.default_rng(11)
    x, price, hours = rng.normal(size=rows).round(3), rng.uniform(5, 5_000, rows).round(2), rng.integers(0, 9_000, rows)
    when = (
        pl.Series(hours * 3_600_000_000 + 1_500_000_000_000_000)
        .cast(pl.Datetime("us"))
        .dt.strftime("%d/%m/%Y %I:%M:%S.25 %p")
    )
    logit = 2 * x + np.log(price) - 7 + hours / 4_500
    words = {name: rng.permutation(rows) % 40 for name in ("ratio", "share", "price", "seen")}

    def mixed(name: str, values: list[object]) -> list[object]:
        return [WORDS[w] if w < len(WORDS) else value for w, value in zip(words[name], values, strict=True)]

    columns = {
        "ratio": mixed("ratio", x.tolist()),
        "share": mixed("share", rng.uniform(0, 1, rows).round(4).tolist()),
        "price": mixed("price", [f"${amount:,.2f}" for amount in price]),
        "seen": mixed("seen", [f"{text} {ZONES[i % 3]}" for i, text in enumerate(when)]),
    }
    late = rng.random(rows) < 1 / (1 + np.exp(-logit))
    return pl.DataFrame(
        {**columns, "late": late.tolist()}, schema=dict.fromkeys(columns, pl.Object) | {"late": pl.Boolean}
    )


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Each cell as a csv has it."""
    return pl.DataFrame({name: [str(cell) for cell in frame[name].to_list()] for name in frame.columns})


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Trained on a csv; kept by its linear model."""
    folder = tmp_path_factory.mktemp("words")
    as_text(ratios(N)).write_csv(folder / "train.csv")
    spec = parse(
        {
            "objective": {"target": "late", "positive": "true", "task": "binary"},
            "data": {"train": str(folder / "train.csv")},
            "budget": {"time": "5min", "trials": 1, "executor": "inline", "workers": 1},
            "recipe": {"folds": 2, "learners": ["linear"], "feature_search": 0.0},
        }
    )
    made = fit(spec, out=folder / "late.bundle", write_anyway=True)
    readers = {column["name"]: column for column in made.bundle.manifest.reader["columns"]}
    assert {name: readers[name]["wire"] for name in readers} == dict.fromkeys(("ratio", "share", "price"), "number") | {
        "seen": "date"
    }
    return made.bundle


def test_each_way_scores_alike(bundle, tmp_path):
    """Csv, ndjson, parquet, frames, JSON rows and score.py give one answer to the last digit, without a warning."""
    frame = ratios(90).drop("late")
    text, rows = as_text(frame), frame.to_dicts()
    text.write_csv(tmp_path / "rows.csv")
    text.write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "rows.ndjson").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "text.ndjson").write_text("".join(f"{json.dumps(row)}\n" for row in text.to_dicts()))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnreadWarning)
        want = bundle.predict(text)["probability"].to_list()
        assert bundle.predict(frame)["probability"].to_list() == want
        assert bundle.predict(text.to_pandas())["probability"].to_list() == want
        assert [bundle.decide(json.loads(json.dumps(row)))["probability"] for row in rows] == want
        assert [answer["probability"] for answer in Bundle.load(bundle.path).decide_all(text.to_dicts())] == want
    for name in ("rows.csv", "rows.parquet", "rows.ndjson", "text.ndjson"):
        batch.predict(bundle.path, tmp_path / name, tmp_path / "out.csv")
        assert pl.read_csv(tmp_path / "out.csv")["probability"].to_list() == want, name
    run(
        [sys.executable, str(bundle.path / "score.py"), tmp_path / "rows.csv", "-o", tmp_path / "own.csv"],
        check=True,
        timeout=120,
    )
    assert pl.read_csv(tmp_path / "own.csv")["probability"].to_list() == want
    assert len(set(want)) > len(want) / 2


def test_a_word_is_as_a_gap(bundle):
    """Where a typed file has nothing, or an infinity, a text has its word: the answers are the same."""
    text = as_text(ratios(90).drop("late"))
    plain = text.with_columns(pl.when(pl.all().is_in(WORDS)).then(None).otherwise(pl.all()).name.keep())
    numbers = pl.col("ratio", "share").cast(pl.Float64)
    want = bundle.predict(text)
    assert bundle.predict(plain).equals(want)
    assert bundle.predict(plain.with_columns(numbers)).equals(want)
    endless = pl.when(text["ratio"] == "inf").then(float("inf")).otherwise(plain["ratio"].cast(pl.Float64))
    with pytest.warns(UnreadWarning, match="'ratio': .* such as 'inf'"):
        assert bundle.predict(plain.with_columns(numbers).with_columns(endless.alias("ratio"))).equals(want)
