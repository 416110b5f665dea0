"""A database gives rows by a query, and the spec holds no address."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from automl.errors import DataError, SpecError
from automl.init.init import Begun


@pytest.fixture
def database(rows: pl.DataFrame, tmp_path: Path) -> Path:
    """A SQLite file with the rows in a table of an odd name."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE "my ""rows" (age INTEGER, plan TEXT, spent REAL, churn TEXT)')
        connection.executemany('INSERT INTO "my ""rows" VALUES (?, ?, ?, ?)', rows.rows())
    return path


def test_the_only_table_is_taken(
    database: Path, begun: Callable[..., Begun], begin_spec: Callable[..., dict[str, Any]], rows: pl.DataFrame
) -> None:
    """Its address is told for a fit and stands in no spec (S05)."""
    spec = begin_spec(database)
    assert spec["objective"]["target"] == "churn"
    assert spec["data"]["train"] == {"query": 'SELECT * FROM "my ""rows"', "url": "env:DB_URL"}
    told = begun(database)
    assert str(database) not in told.text
    assert told.notes == (f"before a fit: export DB_URL=sqlite:///{database}",)
    assert f"{rows.height} rows" in told.text


def test_several_tables_are_told(database: Path, begun: Callable[..., Begun]) -> None:
    """One of them is chosen by --main, or rows by a query; a wrong name is told."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE other (x INTEGER)")
    with pytest.raises(SpecError, match=r"(?s)2 tables.*--main.*other"):
        begun(database)
    with pytest.raises(SpecError, match="no table 'others'; did you mean 'other'"):
        begun(database, main="others")
    assert begun(database, main='my "rows').guessed
    assert "LIMIT 100" in begun(database, query='SELECT age, churn FROM "my ""rows" LIMIT 100').text


def test_an_address_comes_from_the_environment(
    database: Path, begun: Callable[..., Begun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a query; without one, or without the variable, it is told what lacks."""
    monkeypatch.setenv("SHOP", f"sqlite:///{database}")
    assert 'url = "env:SHOP"' in begun(Path("env:SHOP"), query='SELECT * FROM "my ""rows"').text
    with pytest.raises(SpecError, match="--query"):
        begun(Path("env:SHOP"))
    with pytest.raises(SpecError, match="NOWHERE is not set"):
        begun(Path("env:NOWHERE"), query="SELECT 1")


def test_what_is_no_database_is_told(database: Path, begun: Callable[..., Begun], tmp_path: Path) -> None:
    """A file of other bytes, one that is not there, a statement that writes, a query for a file of rows."""
    (tmp_path / "odd.db").write_bytes(b"no database at all, but long enough to be read as one" * 99)
    with pytest.raises(DataError, match=r"odd\.db"):
        begun(tmp_path / "odd.db")
    with pytest.raises(DataError, match="no such SQLite file"):
        begun(tmp_path / "nowhere.db")
    with pytest.raises(SpecError, match="not one statement that reads"):
        begun(database, query="DELETE FROM x")
    with pytest.raises(SpecError, match="a query is for a database"):
        begun(tmp_path / "rows.csv", query="SELECT 1")
    with pytest.raises(SpecError, match="comes alone"):
        begun(database, tmp_path / "rows.csv")
