"""score.py stands alone and says what everything else says."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys

import pytest

from automl.bundle.read import Bundle
from automl.bundle.scorer import ScoreError, Scorer, main

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


def write_csv(path, frame):
    """As a spreadsheet would."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(frame.columns)
        writer.writerows(frame.iter_rows())


def test_score_py_equals_predict(bundle, raw, tmp_path):
    """The script beside the bundle, without automl in reach, writes what `Bundle.predict` says, digit for digit."""
    write_csv(tmp_path / "in.csv", raw)
    command = [sys.executable, "-c", ALONE, bundle / "score.py", tmp_path / "in.csv", "-o", tmp_path / "out.csv"]
    subprocess.run(command, check=True)
    answer = Bundle.load(bundle).predict(raw)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == answer.columns
    assert rows[1:] == [[key, repr(p), str(decision), repr(cost)] for key, p, decision, cost in answer.iter_rows()]


def test_many_rows_are_scored_in_order(bundle, raw):
    """`score` streams rows through chunks and answers each as `decide` does."""
    scorer = Scorer(bundle)
    scorer.chunk_rows = 64
    rows = list(raw.iter_rows(named=True))
    assert list(scorer.score(iter(rows))) == [scorer.decide(row) for row in rows]


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256", "model.onnx"])
def test_score_py_checks_what_it_opens(bundle, tmp_path, name):
    """B06: a changed manifest, seal or model is refused by the stand-alone scorer too."""
    copy = shutil.copytree(bundle, tmp_path / "b")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ScoreError, match="not the one that was written"):
        Scorer(copy)


def test_a_short_row_stops_and_leaves_nothing(bundle, raw, tmp_path, capsys):
    """D10, V14: a ragged line is named, exit 1, and there is no half-written output."""
    write_csv(tmp_path / "in.csv", raw)
    with (tmp_path / "in.csv").open("a", encoding="utf-8") as file:
        file.write("c0500,33\n")
    arguments = [str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--bundle", str(bundle)]
    assert main(arguments) == 1
    assert "line 502 has 2 values, the header 7" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_missing_columns_are_named(bundle):
    """V04: a row that lacks columns is an error with their names; values that are no scalars are one too."""
    scorer = Scorer(bundle)
    with pytest.raises(ScoreError, match="'age', 'income', 'job', 'note', 'day', 'member'"):
        scorer.decide({"id": 3})
    row = dict.fromkeys(scorer.needed, "")
    with pytest.raises(ScoreError, match="age"):
        scorer.decide(row | {"age": [1]})


def test_answers_are_json(multiclass, make_bundle, raw, tmp_path):
    """An answer has a number for each label and a decision, all JSON values."""
    answer = Scorer(make_bundle(multiclass, tmp_path / "b")).decide(raw.row(3, named=True))
    assert list(json.loads(json.dumps(answer))) == [
        "probability_low",
        "probability_mid",
        "probability_high",
        "decision",
        "expected_cost",
    ]
    assert sum(list(answer.values())[:3]) == pytest.approx(1.0)
