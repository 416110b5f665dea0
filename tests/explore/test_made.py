"""What will be done with a column is what the feature plan makes of it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from automl.data.prepare import prepare
from automl.explore.made import made
from automl.spec import parse


def test_each_feature_is_said_by_its_step(table: pl.DataFrame, tmp_path: Path) -> None:
    """A number stays one, a category becomes its features; columns that were not asked for are left out."""
    table.write_parquet(tmp_path / "rows.parquet")
    data = prepare(parse({"objective": {"target": "bad"}, "data": {"train": str(tmp_path / "rows.parquet")}}))
    found = made(data, ["x", "level"], 0)
    assert set(found) == {"x", "level"}
    assert [(one.step, one.columns) for one in found["x"]] == [("number", ("x",))]
    assert found["level"][0].step == "category"
