"""How much a file is can be told from pieces of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.data.read.estimates import estimated
from automl.data.read.weight import Extent

ROWS = pl.DataFrame({"number": range(60_000), "text": [f"a text of some words {row}" for row in range(60_000)]})
WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    "csv": pl.DataFrame.write_csv,
    "ndjson": pl.DataFrame.write_ndjson,
    "arrow": pl.DataFrame.write_ipc,
    "parquet": pl.DataFrame.write_parquet,
}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("rows", [3, 60_000])
def test_rows_columns_and_texts(tmp_path: Path, form: str, rows: int) -> None:
    """D16: within a tenth, in each format; parquet is read in a child for its texts."""
    path = tmp_path / f"rows.{form}"
    frame = ROWS.head(rows)
    WRITERS[form](frame, path)
    found = estimated(path)
    assert found.columns == 2
    assert found.rows == pytest.approx(rows, rel=0.1, abs=1)
    if rows > 3 and form != "parquet":
        assert found.text == pytest.approx(frame["text"].str.len_bytes().sum(), rel=0.35)


def test_keys_of_their_own_in_every_line(tmp_path: Path) -> None:
    """D16: lines of JSON with ever new keys are as wide as all of them."""
    path = tmp_path / "rows.ndjson"
    path.write_text("".join(json.dumps({"a": row, f"key {row}": "x" * 200}) + "\n" for row in range(40_000)))
    assert estimated(path).columns == pytest.approx(40_000, rel=0.2)


@pytest.mark.parametrize("name", ["rows.csv", "rows.ndjson", "rows.xlsx"])
def test_what_holds_nothing_is_nothing(tmp_path: Path, name: str) -> None:
    """An empty file is no error here: who reads it tells."""
    (tmp_path / name).write_bytes(b"")
    assert estimated(tmp_path / name) == Extent()
