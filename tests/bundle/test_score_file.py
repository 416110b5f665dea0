"""Files are scored row by row, with their own costs where they have some, and the output is whole or not there."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from types import SimpleNamespace

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.score_file import main, one_spelling, priced, score_file, written
from automl.bundle.scorer import ScoreError, Scorer

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"automl", "polars", "pandas", "pydantic", "narwhals", "onnx", "sklearn"}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import runpy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def read(path):
    """The lines of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def asks_for_costs(by):
    """What `priced` looks at in a scorer whose bundle reads the cost file column `fee`."""
    columns = [{"name": "age"}, {"name": "fee", "optional": True}]
    return SimpleNamespace(manifest={"spec": {"objective": {"costs": {"by": by}}}}, reader={"columns": columns})


def test_a_file_is_scored_as_its_rows_are(bundle, raw, tmp_path):
    """The key, then what `Scorer.score` answers, in the order of the rows and across chunks."""
    raw.write_csv(tmp_path / "in.csv")
    scorer = Scorer(bundle)
    scorer.chunk_rows = 64
    score_file(scorer, tmp_path / "in.csv", tmp_path / "out.csv")
    header, *rows = read(tmp_path / "out.csv")
    assert header == [*scorer.keys, *scorer.columns]
    answers = scorer.score(raw.iter_rows(named=True))
    assert [row[1:] for row in rows] == [[written(cell) for cell in answer.values()] for answer in answers]


def test_score_py_equals_predict(bundle, raw, tmp_path):
    """The script beside the bundle, without automl in reach, writes what `Bundle.predict` says, digit for digit."""
    raw.write_csv(tmp_path / "in.csv")
    command = [sys.executable, "-c", ALONE, bundle / "score.py", tmp_path / "in.csv", "-o", tmp_path / "out.csv"]
    subprocess.run(command, check=True)
    answer = Bundle.load(bundle).predict(raw)
    rows = read(tmp_path / "out.csv")
    assert rows[0] == answer.columns
    assert rows[1:] == [[key, repr(p), str(decision), repr(cost)] for key, p, decision, cost in answer.iter_rows()]


def test_other_tables_are_left_alone(bundle, raw, tmp_path, capsys):
    """A bundle of one table takes the flags of one of several, says once that it reads none, and opens no file."""
    raw.write_csv(tmp_path / "in.csv")
    files = [str(tmp_path / "in.csv"), "--bundle", str(bundle)]
    assert (
        main([*files, "-o", str(tmp_path / "a.csv"), "--table", "visits=none.csv", "--table", "people=none.csv"]) == 0
    )
    assert capsys.readouterr().err == "the model does not read the tables 'visits', 'people'\n"
    assert main([*files, "-o", str(tmp_path / "b.csv")]) == 0
    assert capsys.readouterr().err == ""
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()


def test_a_short_row_stops_and_leaves_nothing(bundle, raw, tmp_path, capsys):
    """D10, V14: a ragged line is named, exit 3, and there is no half-written output."""
    raw.write_csv(tmp_path / "in.csv")
    with (tmp_path / "in.csv").open("a", encoding="utf-8") as file:
        file.write("c0500,33\n")
    arguments = [str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--bundle", str(bundle)]
    assert main(arguments) == 3
    assert "line 502 has 2 values, the header 7" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("by", "text", "fees"),
    [("row order", "fee\n3\n4\n", ["3", "4"]), ("id", "id,fee\n2.0,4\n9,7\n", ["", "4"])],
)
def test_rows_get_the_costs_of_their_file(by, text, fees, tmp_path):
    """By row order, or by a key in any spelling of its number; a key that is not there has no cost."""
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8")
    rows = priced(iter([{"id": "1"}, {"id": "2"}]), tmp_path / "costs.csv", asks_for_costs(by))
    assert [row["fee"] for row in rows] == fees


@pytest.mark.parametrize(
    ("by", "text", "said"),
    [
        ("row order", "fee\n3\n", "one row of costs for each"),
        ("id", "id\n1\n", "'fee'"),
        (None, "fee\n1\n", "no cost file"),
    ],
)
def test_costs_that_do_not_fit_are_refused(by, text, said, tmp_path):
    """Too few rows, a lacking column, and a bundle that reads no cost file are errors."""
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ScoreError, match=said):
        list(priced(iter([{"id": "1"}, {"id": "2"}]), tmp_path / "costs.csv", asks_for_costs(by)))


@pytest.mark.parametrize(("key", "spelling"), [("2", "2"), (" 2.0 ", "2"), ("2.5", "2.5"), ("a 1", "a 1")])
def test_a_key_has_one_spelling(key, spelling):
    """A whole number is written without a fraction, a text as it stands."""
    assert one_spelling(key) == spelling


@pytest.mark.parametrize(("rows", "options", "code"), [(20, [], 3), (20, ["--unread", "empty"], 0), (19, [], 0)])
def test_a_column_that_cannot_be_read(rows, options, code, bundle, raw, tmp_path, capsys):
    """From 20 filled cells on it is refused with exit 3 and leaves nothing, unless that is allowed; it is told too."""
    raw.head(rows).with_columns(income=pl.lit("1.234,50")).write_csv(tmp_path / "in.csv")
    out = tmp_path / "out.csv"
    assert main([str(tmp_path / "in.csv"), "-o", str(out), "--bundle", str(bundle), *options]) == code
    assert f"'income': {rows} of {rows} filled cells cannot be read as a number" in capsys.readouterr().err
    assert out.exists() == (code == 0)
    assert len(list(tmp_path.iterdir())) == 1 + out.exists()


def test_the_exit_codes_are_those_of_automl(bundle, raw, tmp_path, capsys):
    """3 for data, 7 for a bundle that was changed, 6 for the machine."""
    raw.head(2).write_csv(tmp_path / "in.csv")
    copy = shutil.copytree(bundle, tmp_path / "b")
    (copy / "model.onnx").write_bytes(b"")
    assert main([str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--bundle", str(copy)]) == 7
    assert main([str(tmp_path / "no.csv"), "-o", str(tmp_path / "out.csv"), "--bundle", str(bundle)]) == 3
    assert main([str(tmp_path / "in.csv"), "-o", str(tmp_path / "no" / "out.csv"), "--bundle", str(bundle)]) == 6
    assert len(capsys.readouterr().err.splitlines()) == 3
