"""Files are read a part at a time."""

from __future__ import annotations

import polars as pl

from automl.data.read.streams import arrow, ndjson


def test_a_key_that_comes_and_goes_is_one_column(tmp_path):
    """A line may lack what earlier ones had, and bring what they had not."""
    path = tmp_path / "in.ndjson"
    path.write_text('{"a": 1}\n\n{"a": 2, "b": "x"}\n{"b": "y"}\n')
    parts = list(ndjson(path, 1))
    assert [part.to_dicts() for part in parts] == [[{"a": 1}], [{"a": 2, "b": "x"}], [{"a": None, "b": "y"}]]


def test_arrow_without_rows_has_its_columns(tmp_path):
    """An empty file gives one frame without rows."""
    pl.DataFrame({"a": []}, schema={"a": pl.Int64}).write_ipc(tmp_path / "in.arrow")
    (only,) = arrow(tmp_path / "in.arrow", 10)
    assert (only.height, only.columns) == (0, ["a"])
