"""Other tables are read from files, and large ones stay there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from automl.data.read import open_tables
from automl.data.read.open_tables import open_table

FRAME = pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]})


def test_a_csv_keeps_how_it_is_written(tmp_path: Path) -> None:
    """Rows, the digest of the file, and the dialect that score.py needs."""
    path = tmp_path / "rows.csv"
    FRAME.write_csv(path, separator=";")
    table = open_table(path)
    assert isinstance(table.frame, pl.DataFrame)
    assert table.frame.equals(FRAME)
    assert table.digests == {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
    assert table.dialect is not None
    assert table.dialect["separator"] == ";"


def test_large_parquet_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of more bytes than `LARGE` is read as it is computed, each of its files with its digest."""
    for name in ("a", "b"):
        FRAME.write_parquet(tmp_path / f"{name}.parquet")
    assert isinstance(open_table(tmp_path).frame, pl.DataFrame)
    monkeypatch.setattr(open_tables, "LARGE", 1)
    table = open_table(tmp_path)
    assert isinstance(table.frame, pl.LazyFrame)
    assert table.frame.collect().equals(pl.concat([FRAME, FRAME]))
    assert [Path(path).name for path in table.digests] == ["a.parquet", "b.parquet"]
    assert table.dialect is None


@pytest.mark.parametrize("large", [1, 1 << 28])
def test_signs_in_the_name_of_a_table(large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table whose name could be a pattern of other files is itself, in memory and on the disk."""
    monkeypatch.setattr(open_tables, "LARGE", large)
    path = tmp_path / "rows[1].parquet"
    FRAME[:2].write_parquet(path)
    FRAME.write_parquet(tmp_path / "rows1.parquet")
    table = open_table(path)
    assert table.frame.lazy().collect().equals(FRAME[:2])
    assert list(table.digests) == [str(path)]


def test_folders_of_large_parquet_are_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows and columns as where they are held in memory, but for numbers, which stay the text they are."""
    for year in ("2020", "2021"):
        (tmp_path / f"year={year}").mkdir()
        FRAME.write_parquet(tmp_path / f"year={year}" / "part.parquet")
    held = open_table(tmp_path).frame
    monkeypatch.setattr(open_tables, "LARGE", 1)
    on_disk = open_table(tmp_path).frame
    assert isinstance(on_disk, pl.LazyFrame)
    assert isinstance(held, pl.DataFrame)
    assert held["year"].to_list() == [2020] * 3 + [2021] * 3
    assert on_disk.collect().equals(held.cast({"year": pl.String}))
