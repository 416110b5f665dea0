"""Files are explained as frames are, into words, JSON and tables of reason codes."""

from __future__ import annotations

import csv
import json

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.explain import check_explained, explain, write_explained
from automl.errors import DataError, SpecError


def test_every_format_says_the_same(bundle, raw, in_each_format, tmp_path):
    """One row, by its number, of csv, parquet, ndjson, arrow: the explanation of `Bundle.explain`."""
    want = Bundle.load(bundle).explain(raw[4:5], first=5).each
    paths = in_each_format(raw[:6], tmp_path)
    for form in ("csv", "parquet", "ndjson", "arrow"):
        assert explain(bundle, paths[form], row=5).each == want


def test_all_rows_are_explained(bundle, raw, tmp_path):
    """Without a number every row, each under its own."""
    raw[:3].write_csv(tmp_path / "rows.csv")
    found = explain(bundle, tmp_path / "rows.csv", row=None)
    assert [each.row for each in found.each] == [1, 2, 3]
    raw[:0].write_csv(tmp_path / "none.csv")
    assert explain(bundle, tmp_path / "none.csv", row=None).each == ()


def test_a_folder_of_files_is_one_table(bundle, raw, tmp_path):
    """Rows are counted over its files, whatever the order of the columns in each."""
    (tmp_path / "rows").mkdir()
    raw[:2].write_csv(tmp_path / "rows" / "a.csv")
    raw[2:4].select(reversed(raw.columns)).write_csv(tmp_path / "rows" / "b.csv")
    found = explain(bundle, tmp_path / "rows", row=None)
    assert [each.keys["id"] for each in found.each] == raw["id"][:4].to_list()
    assert explain(bundle, tmp_path / "rows", row=3).each == found.each[2:3]


def test_a_row_that_is_not_there_is_refused(bundle, raw, tmp_path):
    """With how rows are counted."""
    raw[:3].write_csv(tmp_path / "rows.csv")
    with pytest.raises(DataError, match=r"no row 4\n  Rows are counted from 1 on"):
        explain(bundle, tmp_path / "rows.csv", row=4)


def test_reason_codes_are_a_table(bundle, raw, tmp_path):
    """A csv whose cells no spreadsheet runs, or parquet, a line for each row; a JSON file with all of it (V12, V13)."""
    evil = raw[:2].with_columns(id=pl.Series(["=cmd()", "a\x1b[2J"]))
    evil.write_parquet(tmp_path / "rows.parquet")
    found = explain(bundle, tmp_path / "rows.parquet", row=None)
    write_explained(found, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["id"] == "'=cmd()"
    assert [row["reason_1"] for row in rows] == [code["reason_1"] for code in found.codes()]
    write_explained(found, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").rows(named=True) == found.codes()
    write_explained(found, tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == json.loads(json.dumps(found.as_json()))


def test_outputs_are_checked_before(bundle, raw, tmp_path):
    """No other format, and nothing that is read is overwritten."""
    data = tmp_path / "rows.csv"
    raw[:2].write_csv(data)
    with pytest.raises(SpecError, match=r"neither \.csv, \.parquet nor \.json"):
        check_explained(tmp_path / "out.xlsx", [bundle, data])
    with pytest.raises(SpecError, match="would be overwritten"):
        check_explained(data, [bundle, data])
