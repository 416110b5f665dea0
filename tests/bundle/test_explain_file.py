"""explain.py says without automl what `Bundle.explain` says, to the last bit."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import warnings

import polars as pl
import pytest

from automl.bundle.explain_file import RowExplainer, main
from automl.bundle.read import Bundle
from automl.bundle.scorer import ChangedError, ScoreError
from automl.bundle.tables import TableScorer

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in REFUSED:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import runpy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
REFUSED = {"automl", "polars", "pandas", "pydantic", "narwhals", "onnx", "sklearn", "scipy"}


def alone(*arguments: object, refused=frozenset(REFUSED)) -> str:
    """What a script without automl in reach writes to stdout."""
    code = ALONE.replace("REFUSED", repr(set(refused)))
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


@pytest.mark.parametrize("labels", ["binary", "multiclass", "regression"])
def test_it_equals_the_bundle(labels, request, make_bundle, raw, tmp_path):
    """The script beside score.py: every number bit for bit, of each kind of problem, with counterfactual and money."""
    folder = make_bundle(request.getfixturevalue(labels), tmp_path / "a.bundle")
    raw[:6].write_csv(tmp_path / "in.csv")
    found = json.loads(alone(folder / "explain.py", tmp_path / "in.csv", "--all", "--json", "--seconds", 60))
    model = Bundle.load(folder)
    want = model.explain(pl.read_csv(tmp_path / "in.csv", infer_schema=False), seconds=60)
    assert found == json.loads(json.dumps(want.as_json()))
    story = alone(folder / "explain.py", tmp_path / "in.csv", "--row", 5, "--seconds", 60)
    assert story == model.explain(pl.read_csv(tmp_path / "in.csv", infer_schema=False)[4:5], first=5).story() + "\n"


def test_it_equals_the_bundle_of_several_tables(tables_bundle, purchases, tmp_path):
    """With polars in reach, and what that looks for: another table is one player there too."""
    rows = pl.DataFrame({"age": ["30", "", "5"], "customer": ["anna", "ben", "nobody"]})
    rows.write_csv(tmp_path / "in.csv")
    purchases.write_parquet(tmp_path / "purchases.parquet")
    files = [tables_bundle / "explain.py", tmp_path / "in.csv", "--all", "--json"]
    more = ["--table", f"purchases={tmp_path / 'purchases.parquet'}"]
    found = json.loads(alone(*files, *more, refused={"automl", "onnx", "sklearn", "scipy"}))
    want = Bundle.load(tables_bundle, tables={"purchases": purchases}).explain(rows)
    assert found == json.loads(json.dumps(want.as_json()))
    scorer = TableScorer(tables_bundle, {"purchases": purchases})
    assert RowExplainer(tables_bundle, scorer).explain(rows.to_dicts()).each == want.each


def test_raw_rows_are_explained_as_frames_are(bundle, raw):
    """Rows as programs have them, with numbers and gaps of their own types."""
    rows = raw[:4].with_columns(pl.col("age").cast(pl.Float64, strict=False))
    assert RowExplainer(bundle).explain(rows.to_dicts()).as_json() == Bundle.load(bundle).explain(rows).as_json()
    assert RowExplainer(bundle).explain([]).each == ()


def test_reason_codes_are_a_file(bundle, raw, tmp_path):
    """A line for each row, whose cells no spreadsheet runs (V12), or all that is known; whole, or not there."""
    evil = raw[:2].with_columns(id=pl.Series(["=cmd()", "b"]))
    evil.write_csv(tmp_path / "in.csv")
    files = [str(tmp_path / "in.csv"), "--bundle", str(bundle), "--all", "-o"]
    assert main([*files, str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = Bundle.load(bundle).explain(evil).codes()
    assert [row["id"] for row in rows] == ["'=cmd()", "b"]
    assert [row["reason_1"] for row in rows] == [code["reason_1"] for code in codes]
    assert [float(row["reason_1_score"]) for row in rows] == [code["reason_1_score"] for code in codes]
    assert main([*files, str(tmp_path / "out.json")]) == 0
    assert len(json.loads((tmp_path / "out.json").read_bytes())) == 2
    assert main([*files, str(tmp_path / "no" / "out.json")]) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "out.json"]


@pytest.mark.parametrize(("row", "said"), [(9, "no row 9"), (0, "no row 0"), (-1, "no row -1")])
def test_a_row_that_is_not_there_is_refused(row, said, bundle, raw, tmp_path, capsys):
    """Exit 3, with how rows are counted."""
    raw[:3].write_csv(tmp_path / "in.csv")
    assert main([str(tmp_path / "in.csv"), "--bundle", str(bundle), "--row", str(row)]) == 3
    assert f"{said}\n  Rows are counted from 1 on." in capsys.readouterr().err


def test_bad_data_is_told(bundle, raw, tmp_path, capsys):
    """A column that lacks, a file that is not there, a column that cannot be read: exit 3, and no traceback."""
    raw[:3].drop("job").write_csv(tmp_path / "in.csv")
    for data in ("in.csv", "none.csv"):
        assert main([str(tmp_path / data), "--bundle", str(bundle)]) == 3
    said = capsys.readouterr().err
    assert "'job'" in said
    assert "there is no such file" in said
    wrong = raw[:30].with_columns(age=pl.lit("old"))
    with pytest.raises(ScoreError, match="'age'"):
        RowExplainer(bundle).explain(wrong.to_dicts(), seconds=0.1)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        RowExplainer(bundle).explain(wrong[:1].to_dicts(), unread="empty")
    assert "age" in str(seen[0].message)


def test_a_changed_profile_is_refused(bundle, tmp_path):
    """Its hash is looked at before a number of it counts."""
    import shutil

    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    with (copy / "profile.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(ChangedError, match=r"profile\.json is not the one that was written"):
        RowExplainer(copy)
