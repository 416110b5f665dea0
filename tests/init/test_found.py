"""Files are what their names and folders say: tables, parts of tables, test parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.errors import DataError
from automl.init.found import find


def touch(folder: Path, *names: str) -> None:
    """Files with a line in each."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n1\n")


def test_numbered_files_are_one_table(tmp_path: Path) -> None:
    """So are folders that are called key=value."""
    touch(tmp_path, "parts/rows-1.csv", "parts/rows-2.csv", "years/year=2020/a.csv")
    assert find([tmp_path / "parts"]).tables == {"parts": tmp_path / "parts"}
    assert find([tmp_path / "years"]).tables == {"years": tmp_path / "years"}


def test_train_and_test_belong_together(tmp_path: Path) -> None:
    """Whichever way they are called; other tables are tables of their own."""
    touch(tmp_path, "sales.csv", "sales_test.csv", "shops.csv")
    found = find([tmp_path])
    assert set(found.tables) == {"sales", "shops"}
    assert found.tests == {"sales": tmp_path / "sales_test.csv"}
    assert find([tmp_path / "sales.csv"]).tests == found.tests
    assert find([tmp_path / "sales_test.csv"]).tests == {}


def test_one_of_two_formats_is_taken(tmp_path: Path) -> None:
    """The one whose columns have types, and the other is told."""
    touch(tmp_path, "train.csv", "train.parquet", "more.csv")
    found = find([tmp_path])
    assert found.tables == {"more": tmp_path / "more.csv", "train": tmp_path / "train.parquet"}
    assert found.notes == ("train.csv is passed over: train.parquet has the same name",)


def test_names_stay_apart(tmp_path: Path) -> None:
    """Two files of one name in two folders are two tables."""
    touch(tmp_path, "a/rows.csv", "b/rows.csv")
    assert set(find([tmp_path / "a" / "rows.csv", tmp_path / "b" / "rows.csv"]).tables) == {"rows", "rows 2"}


@pytest.mark.parametrize("name", ["nowhere.csv", "empty", "https://example.org/x.csv"])
def test_what_is_no_file_is_told(name: str, tmp_path: Path) -> None:
    """A path that is not there, an empty folder, an address."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        find([tmp_path / name])
