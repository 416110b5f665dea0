"""Several tables through the whole engine: one fit on small tables, then every way to score gives the same answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.cli import cli
from automl.errors import BundleError, DataError
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide
from automl.spec import parse

START = datetime(2024, 1, 1)  # noqa: DTZ001  # naive, as files have it
CUSTOMERS = 150


def customers(seed: int = 0) -> pl.DataFrame:
    """A lookup: numbers as keys, where the other tables write them as text."""
    draw = np.random.default_rng(seed)
    return pl.DataFrame({"id": np.arange(CUSTOMERS), "town": draw.choice(["Ulm", "Bonn", "Kiel"], CUSTOMERS)})


def purchases(seed: int = 0) -> pl.DataFrame:
    """A history: some customers buy often, some never; a few rows have no customer."""
    draw = np.random.default_rng(seed)
    n = 1_500
    who = np.minimum((CUSTOMERS * draw.random(n) ** 2).astype(int), CUSTOMERS - 1)
    return pl.DataFrame(
        {
            "customer": [str(c) if i % 100 else None for i, c in enumerate(who)],
            "at": [START + timedelta(days=float(day)) for day in draw.uniform(0, 300, n)],
            "value": draw.gamma(2.0, 10.0, n),
            "kind": draw.choice(["book", "toy", "food"], n),
        }
    )


def letters(n: int = 600, seed: int = 1) -> pl.DataFrame:
    """Main: letters to customers, and whether they answered: those who spent much before did."""
    draw = np.random.default_rng(seed)
    who = draw.integers(0, CUSTOMERS, n)
    when = [START + timedelta(days=float(day)) for day in np.sort(draw.uniform(30, 300, n))]
    frame = pl.DataFrame({"customer": [str(c) for c in who], "sent": when, "row": np.arange(n)})
    spent = frame.join(purchases(), on="customer", how="left").filter(pl.col("at") < pl.col("sent"))
    sums = spent.group_by("row").agg(pl.col("value").sum())
    value = frame.join(sums, on="row", how="left", maintain_order="left")["value"].fill_null(0.0).to_numpy()
    answered = value + draw.normal(0, 30, n) > np.median(value)
    return frame.with_columns(pl.Series("answered", np.where(answered, "yes", "no")), weight=pl.lit(1.0)).drop("weight")


TABLES = {
    "people": {"path": "people.parquet", "on": {"id": "customer"}},
    "purchases": {"path": "purchases.arrow", "on": "customer", "time": "at"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tables as files."""
    place = tmp_path_factory.mktemp("tables")
    letters().write_ipc(place / "letters.arrow")
    customers().write_parquet(place / "people.parquet")
    purchases().write_ipc(place / "purchases.arrow")
    return place


def spec_of(folder, **data):
    """A small spec that follows counted work, in this process."""
    return parse(
        {
            "objective": {"target": "answered", "positive": "yes"},
            "data": {"train": "letters.arrow", "key": "row", "time": "sent", "tables": TABLES, **data},
            "budget": {"time": "5min", "trials": 1, "executor": "inline", "workers": 1},
            "recipe": {"folds": 2, "learners": ["constant", "lightgbm"]},
        },
        base=folder,
    )


@pytest.fixture(scope="module")
def fitted(folder):
    """One fit with main's own past rows beside the other tables, and the events it told."""
    told = []
    spec = spec_of(folder, horizon="7d", group="customer")
    return fit(spec, out=folder / "letters.bundle", listener=told.append), told


@pytest.fixture
def files(fitted, folder):
    """The other tables that the bundle reads, as files."""
    done, _ = fitted
    known = {"people": "people.parquet", "purchases": "purchases.arrow", "main": "letters.arrow"}
    return {name: folder / known[name] for name in done.bundle.tables}


def frames(files):
    """The tables of files: most are Arrow, as each look at a parquet file begins in a process of its own."""
    readers = {".arrow": pl.read_ipc, ".parquet": pl.read_parquet}
    return {name: readers[path.suffix](path) for name, path in files.items()}


def test_what_other_tables_tell_is_learned(fitted):
    """The score is far above what main alone could give, and each table and key is spoken of."""
    done, told = fitted
    auc = next(s.value for s in done.judgement.scores if s.metric == "roc_auc" and s.rows == "test")
    assert auc > 0.8
    assert "purchases" in done.bundle.tables
    text = " ".join(event.text for event in told if event.stage == "audit")
    assert "purchases is a history of main" in text
    assert "rows without a key: 15" in text
    assert "people is a lookup for main" in text


def test_the_bundle_verifies_with_its_own_child_rows(fitted, tmp_path):
    """`automl verify` replays golden rows with the rows of other tables that they meet; one altered byte is told."""
    done, _ = fitted
    assert verify(done.path).golden_rows > 0
    copy = tmp_path / "copy.bundle"
    shutil.copytree(done.path, copy)
    rows = json.loads((copy / "golden" / "tables.json").read_text())
    assert rows["purchases"]
    (copy / "relational.json").write_bytes((copy / "relational.json").read_bytes() + b" ")
    with pytest.raises(BundleError):
        verify(copy)


def test_no_key_of_a_real_row_is_in_the_bundle(fitted):
    """Golden child rows have keys of their own."""
    done, _ = fitted
    rows = json.loads((done.path / "golden" / "tables.json").read_text())
    real = {str(number) for number in range(CUSTOMERS)}
    assert not {row["customer"] for row in rows["purchases"]} & real


def test_every_way_to_score_gives_the_same(fitted, folder, files, tmp_path):
    """Bundle.predict, one row from memory, `automl predict --table` and score.py agree to the last digit."""
    done, _ = fitted
    rows = letters(40, seed=5).drop("answered")
    tables = frames(files)
    want = done.bundle.predict(rows, tables=tables)
    held = Bundle.load(done.path, tables=tables)
    single = [held.decide(row)["probability"] for row in rows.iter_rows(named=True)]
    assert single == want["probability"].to_list()
    assert held.predict(rows).equals(want)

    data = tmp_path / "rows.csv"
    rows.write_csv(data)
    flags = [word for name, path in files.items() for word in ("--table", f"{name}={path}")]
    by_cli = tmp_path / "cli.csv"
    result = CliRunner().invoke(cli, ["predict", str(done.path), str(data), "-o", str(by_cli), *flags])
    assert result.exit_code == 0, result.output
    by_script = tmp_path / "script.csv"
    command = [sys.executable, "-I", str(done.path / "score.py"), str(data), "-o", str(by_script), *flags]
    alone = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert by_script.read_text() == by_cli.read_text()
    assert pl.read_csv(by_cli)["probability"].to_list() == want["probability"].to_list()
    assert verify(done.path)  # nothing was left behind in the bundle


def test_score_py_needs_little(fitted):
    """The scorer and what it copies import the standard library, numpy, onnxruntime, polars and each other."""
    done, _ = fitted
    probe = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {{"automl", "narwhals", "onnx", "sklearn", "featuretools"}}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, {str(done.path)!r})
import json
from score import Scorer
golden = {str(done.path / "golden")!r}
tables = json.load(open(golden + "/tables.json"))
rows = json.load(open(golden + "/rows.json"))
print(Scorer({str(done.path)!r}, tables).decide(rows[0])["probability"])
"""
    found = subprocess.run([sys.executable, "-I", "-c", probe], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    rows = json.loads((done.path / "golden" / "expected.json").read_text())
    assert float(found.stdout) == rows["probability"][0]


def test_a_missing_table_is_told(fitted, files):
    """Without the tables nothing is scored: which ones, how they are given, and which name may be a slip."""
    done, _ = fitted
    rows = letters(5)
    with pytest.raises(DataError, match=r"the model also reads the tables? .*'purchases'") as lacking:
        done.bundle.predict(rows)
    assert "--table purchases=FILE" in str(lacking.value)
    slip = {("purchase" if name == "purchases" else name): path for name, path in files.items()}
    with pytest.raises(DataError, match="also reads the table 'purchases'") as unknown:
        done.bundle.predict(rows, tables=slip)
    assert "is 'purchase' given for 'purchases'?" in str(unknown.value)
    with pytest.raises(DataError, match="lacks a column"):
        done.bundle.predict(rows.drop("customer"), tables=files)


def test_tables_that_are_not_read_are_left_alone(fitted, files, tmp_path):
    """`automl predict` and score.py take them, say so once on stderr, open none, and answer the same."""
    done, _ = fitted
    data, flags = tmp_path / "rows.csv", [f"--table={name}={path}" for name, path in files.items()]
    letters(20, seed=5).drop("answered").write_csv(data)
    more = ["--table=weather=not-there.csv", "--table=rates=not-there.parquet"]
    told = "the model does not read the tables 'weather', 'rates'"
    said = []
    for name, given in (("few.csv", flags), ("many.csv", [*flags, *more])):
        asked = ["predict", str(done.path), str(data), "-o", str(tmp_path / name), *given]
        result = CliRunner().invoke(cli, asked)
        assert result.exit_code == 0, result.output
        said.append(result.stderr.count(told))
    script = [sys.executable, "-I", str(done.path / "score.py"), str(data), "-o", str(tmp_path / "script.csv")]
    alone = subprocess.run([*script, *flags, *more], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert [*said, alone.stderr.count(told)] == [0, 1, 1]
    assert len({(tmp_path / name).read_text() for name in ("few.csv", "many.csv", "script.csv")}) == 1


def test_deciding_anew_keeps_the_tables(fitted, files, tmp_path):
    """`automl decide` changes the money alone: the new bundle reads the same tables, its probabilities are the same."""
    done, _ = fitted
    costs = ["objective.costs.false_positive=1", "objective.costs.false_negative=5"]
    again = decide(done.path, costs, tmp_path / "again.bundle", write_anyway=True)
    assert verify(again.path).golden_rows > 0
    rows = letters(20, seed=6)
    found = Bundle.load(again.path).predict(rows, tables=files)
    assert found["probability"].equals(done.bundle.predict(rows, tables=files)["probability"])


def test_rows_after_the_cutoff_change_nothing(fitted, files):
    """D18: child rows at or after the row's time, and labels inside the horizon, may be anything."""
    done, _ = fitted
    rows = letters(60, seed=9).drop("answered").with_columns(sent=pl.lit(START + timedelta(days=150)))
    tables = frames(files)
    want = done.bundle.predict(rows, tables=tables)
    late = pl.col("at") >= START + timedelta(days=150)
    altered = {
        **tables,
        "purchases": tables["purchases"].with_columns(value=pl.when(late).then(1e6).otherwise("value")),
    }
    if "main" in tables:
        unknown = pl.col("sent") + timedelta(days=7) >= START + timedelta(days=150)
        other = pl.when(pl.col("answered") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
        answered = pl.when(unknown).then(other).otherwise("answered")
        altered["main"] = tables["main"].with_columns(answered=answered)
    assert done.bundle.predict(rows, tables=altered).equals(want)
    assert not tables["purchases"].equals(altered["purchases"])


def test_a_model_that_reads_no_column_of_main(folder, tmp_path):
    """All that it knows comes from other tables: rows are counted by the frame, in every form of scoring."""
    late = [START + timedelta(days=320 - (row < 3)) for row in range(600)]  # nearly one time: nothing to split by
    main = letters().sample(fraction=1.0, shuffle=True, seed=0).with_columns(sent=pl.Series(late))
    parts = {"train": str(tmp_path / "train.arrow"), "test": str(tmp_path / "test.arrow")}
    main.head(450).write_ipc(parts["train"])
    main.tail(150).write_ipc(parts["test"])
    spec = spec_of(folder, **parts, tables={"purchases": TABLES["purchases"]}, exclude=["customer"])
    done = fit(spec, out=tmp_path / "tables.bundle", write_anyway=True)
    assert [entry["name"] for entry in done.bundle.manifest.reader["columns"]] == []
    assert verify(done.path).golden_rows > 0
    rows, held = main.head(30).drop("answered"), Bundle.load(done.path, tables={"purchases": purchases()})
    want = held.predict(rows)
    assert (want.height, want["probability"].is_nan().any()) == (30, False)
    assert [held.decide(row)["probability"] for row in rows.iter_rows(named=True)] == want["probability"].to_list()
    assert [one["probability"] for one in held.decide_all(rows.to_dicts())] == want["probability"].to_list()
    assert held.predict(rows.head(0)).height == 0
    assert held.decide_all([]) == []
    rows.write_csv(tmp_path / "rows.csv")
    table = ["--table", f"purchases={folder / 'purchases.arrow'}"]
    by_cli, by_script = tmp_path / "cli.csv", tmp_path / "script.csv"
    result = CliRunner().invoke(cli, ["predict", str(done.path), str(tmp_path / "rows.csv"), "-o", str(by_cli), *table])
    assert result.exit_code == 0, result.output
    command = [sys.executable, "-I", str(done.path / "score.py"), str(tmp_path / "rows.csv"), "-o", str(by_script)]
    alone = subprocess.run([*command, *table], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert by_script.read_text() == by_cli.read_text()
    assert pl.read_csv(by_cli)["probability"].to_list() == want["probability"].to_list()
