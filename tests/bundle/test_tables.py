"""What the scorer of several tables takes, in memory or as files, and that each way gives the same answer."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys

import polars as pl
import pytest

from automl.bundle.score_with_tables import main
from automl.bundle.scorer import ScoreError
from automl.bundle.table_files import named, read_file
from automl.bundle.tables import TableScorer, open_scorer
from automl.data.read.open_tables import open_table
from automl.errors import DataError

RAW = pl.DataFrame({"a": ["1", "2"], "b": ["x", "y;z"]})


def test_tables_are_named_in_pairs(tmp_path):
    """NAME=FILE; a file's name may have a sign of equality, a name may stand once."""
    assert {name: str(path) for name, path in named(["a=b=c.csv", "d=e"]).items()} == {"a": "b=c.csv", "d": "e"}
    for wrong in (["a"], ["=b"], ["a="], ["a=b", "a=c"]):
        with pytest.raises(DataError, match="--table"):
            named(wrong)


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow", "ndjson"])
def test_files_are_read_without_the_engine(tmp_path, form):
    """score.py reads tables of the usual formats; a csv by the dialect of training, all as text."""
    path = tmp_path / f"t[1].{form}"  # no pattern of other files
    writers = {"parquet": RAW.write_parquet, "arrow": RAW.write_ipc, "ndjson": RAW.write_ndjson}
    if form == "csv":
        path.write_text("a|b\n1|x\n2|y;z\n")
    else:
        writers[form](path)
    assert read_file(path, {"separator": "|"}).equals(RAW)


def test_a_csv_without_rows_has_its_columns(tmp_path):
    """D19: an empty table is a table."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n")
    assert read_file(path, {}).schema == {"a": pl.String, "b": pl.String}


@pytest.mark.parametrize("form", ["parquet", "pq", "arrow", "ipc", "feather", "ndjson", "jsonl"])
@pytest.mark.parametrize("content", [b"", b"PAR1 nothing"])
def test_a_damaged_file_is_told(tmp_path, form, content):
    """D11: no traceback in score.py."""
    path = tmp_path / f"t.{form}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"t\.{form}"):
        read_file(path, {})


@pytest.mark.parametrize("lie", [1 << 47, -1])
@pytest.mark.parametrize("form", ["arrow", "ipc", "feather"])
def test_a_length_that_lies_is_refused_before_polars_sees_the_file(tmp_path, monkeypatch, form, lie):
    """D11: polars would allocate what a buffer's length says, and end the process."""
    path = tmp_path / f"t.{form}"
    pl.DataFrame({"a": range(1_000)}).write_ipc(path)
    path.write_bytes(path.read_bytes().replace(struct.pack("<q", 8_000), struct.pack("<q", lie)))
    monkeypatch.setattr(pl, "scan_ipc", None)
    monkeypatch.setattr(pl, "read_ipc", None)
    with pytest.raises(DataError, match=rf"t\.{form}: the file cannot be read: .*(buffer|column|length)"):
        read_file(path, {})
    with pytest.raises(DataError, match=rf"t\.{form}"):
        open_table(path)


def test_a_bundle_of_one_table_leaves_others_alone(bundle):
    """The same tables may be given to every bundle: of what is not read not even the file is opened."""
    assert open_scorer(bundle, {"purchases": RAW, "people": "not/there.csv"}).needed == open_scorer(bundle, {}).needed


ROWS = [{"age": "30", "customer": "anna"}, {"age": "", "customer": "ben"}, {"age": "5", "customer": "nobody"}]
PRICES = [30 + 4_500 + 100_000, 1_000 + 10_000, 5]  # age + 100 x spent + 10,000 x purchases


def test_one_row_and_many_give_what_the_tables_say(tables_bundle, purchases):
    """Each customer's own purchases are added up, one row at a time, in chunks, and as a frame."""
    scorer = open_scorer(tables_bundle, {"purchases": purchases})
    assert [scorer.decide(row)["prediction"] for row in ROWS] == PRICES
    assert [answer["prediction"] for answer in scorer.score(ROWS)] == PRICES
    assert scorer.features(pl.DataFrame(ROWS)).columns == ["spent", "times"]
    assert (scorer.tables, set(scorer.needed)) == (["purchases"], {"age", "customer"})


@pytest.mark.parametrize("form", ["frame", "lazy", "rows", "csv", "parquet"])
def test_tables_come_in_any_form(tables_bundle, purchases, tmp_path, form):
    """A frame, one that stays on the disk, raw rows, or a file in the dialect of training: the same answers.

    Alone, in chunks and as a frame.
    """
    purchases.write_csv(tmp_path / "p.csv", separator=";")
    purchases.write_parquet(tmp_path / "p.parquet")
    given = {
        "frame": purchases,
        "lazy": purchases.lazy(),
        "rows": purchases.to_dicts(),
        "csv": str(tmp_path / "p.csv"),
        "parquet": tmp_path / "p.parquet",
    }
    scorer = TableScorer(tables_bundle, {"purchases": given[form], "people": RAW})
    assert [answer["prediction"] for answer in scorer.score(ROWS)] == PRICES
    assert [scorer.decide(row)["prediction"] for row in ROWS] == PRICES
    assert scorer.features(pl.DataFrame(ROWS)).rows() == [(45.0, 10.0), (10.0, 1.0), (0.0, 0.0)]


FIRST_ROW = """
import json, sys
sys.path.insert(0, sys.argv[1])
from score import Scorer
answer = Scorer(sys.argv[1], json.loads(sys.argv[2])).decide(json.loads(sys.argv[3]))
print(json.dumps([answer["prediction"], sorted(sys.modules)]))
"""


def test_the_first_row_waits_for_nothing_that_many_rows_need(tables_bundle, purchases):
    """A cold start: a fresh score.py with raw tables loads what one row takes: no polars, no files, frames or bulk."""
    given = [json.dumps({"purchases": purchases.to_dicts()}, default=str), json.dumps(ROWS[0])]
    command = [sys.executable, "-I", "-B", "-c", FIRST_ROW, str(tables_bundle), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    price, loaded = json.loads(done.stdout)
    assert price == PRICES[0]
    assert "score_tables.features_relational_compute_one_row" in loaded
    bulk = {"aggregations", "at_rows", "frame_table", "histories", "order_statistics", "partition", "run", "sweep"}
    late = {"bundle_score_file", "bundle_table_files", "data_read_arrow_files", "data_read_typed_tables"}
    late |= {f"features_relational_compute_{name}" for name in bulk}
    assert not {"polars", *(f"score_tables.{name}" for name in late)} & set(loaded)


def test_other_tables_make_another_scorer(tables_bundle, purchases):
    """`given` leaves the first scorer as it was; without tables nothing is scored, and the refusal names them."""
    first = TableScorer(tables_bundle, {"purchases": purchases})
    other = first.given({"purchases": purchases.clear()})
    assert [scorer.decide(ROWS[0])["prediction"] for scorer in (other, first)] == [30.0, PRICES[0]]
    with pytest.raises(DataError, match="--table purchases=FILE"):
        TableScorer(tables_bundle).decide(ROWS[0])


def test_a_row_without_its_key_is_told(tables_bundle, purchases):
    """V04: the columns that lead to other tables are asked for like all others."""
    scorer = open_scorer(tables_bundle, {"purchases": purchases})
    with pytest.raises(ScoreError, match="lacks a column that the model reads: 'customer'"):
        scorer.decide({"age": 3})


def test_changed_definitions_are_refused(tables_bundle, tmp_path):
    """B06: what is computed in front of the graph is sealed like the graph."""
    copy = shutil.copytree(tables_bundle, tmp_path / "b")
    (copy / "relational.json").write_bytes((copy / "relational.json").read_bytes() + b" ")
    with pytest.raises(ScoreError, match=r"relational\.json is not the one that was written"):
        open_scorer(copy)


def test_a_file_is_scored_with_its_tables(tables_bundle, purchases, tmp_path, capsys):
    """As a command: a csv in, a csv out; a table that lacks is exit 3 and a sentence, with no file left behind."""
    (tmp_path / "rows.csv").write_text("age,customer\n30,anna\n,ben\n5,nobody\n")
    purchases.write_csv(tmp_path / "p.csv", separator=";")
    call = [str(tmp_path / "rows.csv"), "-o", str(tmp_path / "out.csv")]
    assert main(tables_bundle, call) == 3
    assert "--table purchases=FILE" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
    assert main(tables_bundle, [*call, "--table", f"purchases={tmp_path / 'p.csv'}"]) == 0
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert [float(line.split(",")[-1]) for line in lines[1:]] == PRICES


def test_a_column_that_cannot_be_read_is_refused_with_tables(tables_bundle, purchases, tmp_path, capsys):
    """As for one table: exit 3, with --unread empty 0 and a word."""
    (tmp_path / "rows.csv").write_text("age,customer\n" + "thirty,anna\n" * 20)
    purchases.write_csv(tmp_path / "p.csv", separator=";")
    call = [str(tmp_path / "rows.csv"), "-o", str(tmp_path / "out.csv"), "--table", f"purchases={tmp_path / 'p.csv'}"]
    for options, code in (([], 3), (["--unread", "empty"], 0)):
        assert main(tables_bundle, [*call, *options]) == code
        assert "'age': 20 of 20 filled cells cannot be read as a number, such as 'thirty'" in capsys.readouterr().err
