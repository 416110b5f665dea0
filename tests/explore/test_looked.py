"""What a look reads: columns with single values, dropped ones too, no more than it has seconds for."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from automl.explore.looked import look, look_at_file
from automl.spec import parse


def test_dropped_columns_are_read_too(table: pl.DataFrame, tmp_path: Path) -> None:
    """A copy and an outcome are no features, and their values can be shown."""
    table.write_csv(tmp_path / "rows.csv")
    data = {"train": str(tmp_path / "rows.csv"), "outcomes": "odd"}
    found = look(parse({"objective": {"target": "bad"}, "data": data}))
    assert {"copy", "odd", "x"} <= set(found.frame.columns)
    assert "bad" not in found.frame.columns
    assert found.frame.height == found.y.size


def test_no_column_is_the_target_of_a_file_alone(table: pl.DataFrame, tmp_path: Path) -> None:
    """All columns are there, each as read."""
    table.write_csv(tmp_path / "rows.csv")
    found = look_at_file(tmp_path / "rows.csv")
    assert (found.frame.columns, found.prepared, found.y) == (table.columns, None, None)
    assert found.columns["when"].wire == "date"
