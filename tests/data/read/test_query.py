"""Rows from a database: reading only, one statement, limited time, no secrets told."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest

from automl.bundle.manifest import plain
from automl.data.prepare import prepare
from automl.data.read import query
from automl.data.read.query import check_statement, read_only, read_query
from automl.errors import DataError, SpecError, Stopped
from automl.spec import parse
from automl.spec.data import Query

CANARY = "canary-7f3a"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / f"{CANARY}.db"
    with sqlite3.connect(path) as made:
        made.execute('create table "x; drop table y" (a integer, b text, c)')
        made.execute("create table y (n integer)")
        rows = [(i, f"t{i % 3}", i if i % 2 else f"{i}x") for i in range(300)]
        made.executemany('insert into "x; drop table y" values (?, ?, ?)', rows)
        made.execute("insert into y values (1)")
    made.close()
    monkeypatch.setenv("DB_URL", f"sqlite:///{path.name}")
    return path


def ask(sql: str, folder: Path, *, seconds: float = 30.0) -> pl.DataFrame:
    return read_query(Query(query=sql, url="env:DB_URL"), part="train", seconds=seconds, folder=folder)


def test_rows(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D20: a table of any name is read by its quoted name, in any number of batches; a column of two kinds is text."""
    sql = 'select a, b, c, a * 0.5 as half, null as empty from "x; drop table y" order by a;'
    whole = ask(sql, database.parent)
    monkeypatch.setattr(query, "BATCH", 7)
    assert ask(sql, database.parent).equals(whole)
    assert whole.height == 300
    assert whole.columns == ["a", "b", "c", "half", "empty"]
    assert whole["c"][:3].to_list() == ["0x", "1", "2x"]
    assert whole["half"][3] == 1.5
    assert ask("select n from y", database.parent)["n"].to_list() == [1]
    assert ask('select a from "x; drop table y" where a < 0', database.parent).shape == (0, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "drop table y",
        "delete from y",
        "update y set n = 2",
        "insert into y values (2)",
        "select 1; drop table y",
        "select 1 -- ;\n; drop table y",
        "pragma writable_schema = 1",
        "attach 'other.db' as other",
        "",
        "-- select",
        "vacuum",
    ],
)
def test_writes_are_refused(database: Path, sql: str) -> None:
    """D20: a statement that does more than read, or a second one, is refused before the database is asked."""
    with pytest.raises(SpecError, match=r"data\.train\.query"):
        ask(sql, database.parent)
    assert ask("select n from y", database.parent)["n"].to_list() == [1]


def test_a_write_in_disguise_is_refused_by_the_database(database: Path) -> None:
    """D20: what begins as a reading statement and writes is refused by the connection."""
    with pytest.raises(DataError, match="refused"):
        ask("with z as (select 1) delete from y", database.parent)
    assert ask("select n from y", database.parent)["n"].to_list() == [1]


@pytest.mark.parametrize(
    "sql", ["SELECT ';' as a", "(select 1)", "with t as (select 1) select * from t;", "/* ; */ values (1)"]
)
def test_reading_statements(sql: str) -> None:
    """A sign of the end within quotes or comments is none."""
    check_statement(sql, "data.train")


def test_slow_statement(database: Path) -> None:
    """D20: a statement without an end is stopped when its time is over."""
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    with pytest.raises(DataError, match="longer than 0"):
        ask(endless, database.parent, seconds=0.0)


def test_columns_of_one_name(database: Path) -> None:
    """D05: two columns of one name are named."""
    with pytest.raises(DataError, match="same name: 'n'"):
        ask("select n, n from y", database.parent)


def test_addresses(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S05: an unset variable, an unknown database, a wrong file and a wrong query are told without the address."""
    told = []
    for url in ("", f"oracle://{CANARY}:{CANARY}@host/db", f"sqlite:///no-{CANARY}.db", f"sqlite:///{database.name}"):
        monkeypatch.setenv("DB_URL", url)
        with pytest.raises((SpecError, DataError)) as error:
            ask("select 1 from nowhere", database.parent)
        told.append(str(error.value))
    assert all("data.train" in text and CANARY not in text for text in told)
    assert "DB_URL is not set" in told[0]
    assert "no such table: nowhere" in told[3]


def test_postgres_cannot_write() -> None:
    """D20: a session of PostgreSQL is read-only and stops a slow statement; what the address says already stays."""
    url = read_only("postgresql://me:pw@host/db?sslmode=require", 2.5)
    assert url.startswith("postgresql://me:pw@host/db?sslmode=require&options=")
    assert "default_transaction_read_only%3Don" in url
    assert "statement_timeout%3D2500" in url


class PanicError(BaseException):
    """As the drivers in Rust raise it: no Exception."""


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:{}@host/db",
        "postgresql://reader:{}/x@host/db",
        "postgresql://reader:a#{}?@host:5432/db?sslmode=require",
        "postgresql://reader:a@{}@host/db",
        "postgresql://reader:%40{}%2F@host/db",
        "postgresql://{}:pw@host/db",
        "postgresql://reader@host/db?password={}",
        "postgresql://{}host/db",
    ],
)
@pytest.mark.parametrize("kind", [RuntimeError, PanicError])
def test_no_part_of_an_address_is_told(url: str, kind: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    """S05: whatever signs a password has and however the driver spells it, an error or a panic tells nothing of it."""
    address = url.format(CANARY)

    def refuse(_: str, given: str) -> pl.DataFrame:
        raise kind(f"cannot connect to {given}: user {given.split('@', maxsplit=1)[0]}, unquoted {unquote(given)}")

    monkeypatch.setattr(pl, "read_database_uri", refuse)
    monkeypatch.setenv("DB_URL", address)
    with pytest.raises(DataError, match="the database refused") as error:
        ask("select 1", Path())
    assert CANARY not in str(error.value)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Stopped(2)])
def test_a_stop_is_no_error_of_the_database(stop: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """S10: Ctrl-C while the database answers ends the command as anywhere."""

    def wait(*_: str) -> pl.DataFrame:
        raise stop

    monkeypatch.setattr(pl, "read_database_uri", wait)
    monkeypatch.setenv("DB_URL", "postgresql://host/db")
    with pytest.raises((KeyboardInterrupt, Stopped)):
        ask("select 1", Path())


def test_prepared(database: Path) -> None:
    """S05: rows of a query are prepared like those of a file, and the address is nowhere in what is handed on."""
    sql = 'select a, b, a % 2 as y from "x; drop table y"'
    given = {"train": {"query": sql, "url": "env:DB_URL"}, "test": {"query": sql, "url": "env:DB_URL"}}
    spec = parse({"objective": {"target": "y"}, "data": given})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(database.parent)
        data = prepare(spec)
    assert data.train.n == 300
    assert set(data.digests) == {"query:train", "query:test"}
    handed = json.dumps([spec.resolved(), plain(data.findings), dict(data.digests), data.schema.reader()], default=str)
    assert "env:DB_URL" in handed
    assert CANARY not in handed
