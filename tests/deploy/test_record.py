"""A scored file is written to a store once, with the answers of its output."""

from __future__ import annotations

import polars as pl
import pytest
from click.testing import CliRunner

from automl.bundle.read import Bundle
from automl.cli import cli
from automl.deploy import batch, record, scoring
from automl.errors import DataError
from automl.watch import blocks
from automl.watch.predictions import frames
from automl.watch.store import open_store


def stored(where, model):
    store = open_store(str(where))
    with store.reading() as connection:
        found = list(frames(connection, model.manifest.content_hash, 0, 2**62))
    store.close()
    return blocks.rows_of(blocks.stacked(found))


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_answers_are_those_of_the_output(problem, suffix, request, make_bundle, raw, tmp_path, monkeypatch) -> None:
    """Of every kind of problem and output, in chunks that do not fit each other."""
    path = make_bundle(request.getfixturevalue(problem), tmp_path / "b")
    model = Bundle.load(path)
    data, out, where = tmp_path / "in.parquet", tmp_path / f"out{suffix}", tmp_path / "watch.db"
    raw.write_parquet(data)
    monkeypatch.setattr(record, "ROWS", 37)
    batch.predict(path, data, out)
    assert record.record(path, data, out, str(where), options=batch.AS_EVER) == 500
    assert record.record(path, data, out, str(where), options=batch.AS_EVER) == 0
    rows = stored(where, model)
    want = model.score(raw, typed=False).select(model.columns)
    assert rows.answers.equals(want)
    assert rows.raw.equals(raw.select(rows.raw.columns))


def test_formulas_of_a_spreadsheet(bundle, raw, tmp_path) -> None:
    """What was written with a quote for a spreadsheet is kept as the bundle gave it."""
    data, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    raw.write_parquet(data)
    options = scoring.Options(excel_safe=True)
    batch.predict(bundle, data, out, options=options)
    record.record(bundle, data, out, str(tmp_path / "watch.db"), options=options)
    model = Bundle.load(bundle)
    assert set(stored(tmp_path / "watch.db", model).answers["decision"]) <= set(model.manifest.decisions)


def test_another_output_is_refused(bundle, raw, tmp_path) -> None:
    """One with fewer rows than the data is not the one that was written."""
    data, few, out = tmp_path / "in.parquet", tmp_path / "few.parquet", tmp_path / "out.csv"
    raw.write_parquet(data)
    raw.head(100).write_parquet(few)
    batch.predict(bundle, few, out)
    with pytest.raises(DataError, match="fewer rows"):
        record.record(bundle, data, out, str(tmp_path / "watch.db"), options=batch.AS_EVER)


def test_the_commands(bundle, raw, tmp_path, monkeypatch) -> None:
    """From scored files and labels to a look, forgetting and pruning, by the command line."""
    monkeypatch.chdir(tmp_path)
    raw.write_parquet("in.parquet")
    target = Bundle.load(bundle).manifest.target
    label = pl.Series(target.name, [target.texts[n % 2] for n in range(500)])
    pl.DataFrame([raw["id"], label]).write_csv("labels.csv")
    runner = CliRunner()

    def do(*words, code=0):
        done = runner.invoke(cli, list(map(str, words)), standalone_mode=False)
        assert done.exception is None, done.output
        assert (done.return_value or 0) == code, done.output
        return done.output

    do("watch", "init", "watch.db", "--keep", "30d")
    assert "wrote 500 rows" in do("predict", bundle, "in.parquet", "-o", "out.csv", "--log", "watch.db")
    assert "500 stood there already" in do("predict", bundle, "in.parquet", "-o", "out.csv", "--log", "watch.db")
    assert "500 new labels" in do("watch", "labels", "watch.db", "labels.csv")
    assert "look 1 at 500 rows" in do("watch", "look", "watch.db", bundle)
    assert '"status": 0' in do("watch", "look", "watch.db", bundle, "--json")
    assert "forgot 1 rows and 1 labels" in do("watch", "forget", "watch.db", raw["id"][0])
    assert "0 rows" in do("watch", "prune", "watch.db")
    assert '"rows": 499' in do("watch", "show", "watch.db")
