"""A store opens where it may, tells no address, and survives what happens to disks and versions."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from automl.errors import DataError, MachineError, SpecError
from automl.watch import schema
from automl.watch.store import open_store


def test_a_store_is_made_where_that_is_asked(tmp_path: Path) -> None:
    """A look at a store that is not there is an error, and leaves no file."""
    with pytest.raises(DataError, match="no such store"):
        open_store(str(tmp_path / "watch.db"))
    assert not list(tmp_path.iterdir())
    open_store(str(tmp_path / "watch.db"), create=True).close()
    open_store(str(tmp_path / "watch.db")).close()


@pytest.mark.parametrize("where", ["env:NOT_SET", "postgresql://me:canary@host/db", "no/such/folder/watch.db", "."])
def test_places_that_are_none(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address belongs into the environment, a file into a folder."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as error:
        open_store(where, create=True)
    assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["postgresql://me:canary@127.0.0.1:1/db", "postgresql://canary", "postgres://a:canary@[::1]:1/x"]
)
def test_a_dead_database_tells_no_secret(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S05: exit code 6, and nothing of the address."""
    monkeypatch.setenv("WATCH_URL", url)
    with pytest.raises(MachineError) as error:
        open_store("env:WATCH_URL", create=True)
    assert "canary" not in str(error.value)
    assert "env:WATCH_URL" in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("wrong", ["password", "user", "database"])
def test_a_database_that_lets_nobody_in(postgres, wrong, monkeypatch: pytest.MonkeyPatch) -> None:
    """S05: a wrong password, user or database: exit code 6, where to look, and nothing of the address."""
    right = postgres.url
    spoilt = {
        "password": right.replace(postgres.password, "wrong-canary"),
        "user": right.replace("watch:", "somebody:"),
        "database": right.replace("/postgres", "/nowhere"),
    }
    monkeypatch.setenv("WATCH_URL", spoilt[wrong])
    with pytest.raises(MachineError, match="the address in env:WATCH_URL is right") as error:
        open_store("env:WATCH_URL", create=True)
    for secret in ("wrong-canary", "somebody", postgres.password, "127.0.0.1", '"watch"'):
        assert secret not in str(error.value)


def test_an_unknown_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scheme is refused without the address."""
    monkeypatch.setenv("WATCH_URL", "oracle://canary@host")
    with pytest.raises(SpecError, match="of no known database") as error:
        open_store("env:WATCH_URL", create=True)
    assert "canary" not in str(error.value)


def test_sqlite_by_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment may name a file too."""
    monkeypatch.setenv("WATCH_URL", f"sqlite:///{tmp_path / 'watch.db'}")
    open_store("env:WATCH_URL", create=True).close()
    assert (tmp_path / "watch.db").exists()


def test_what_is_no_store(tmp_path: Path) -> None:
    """A file of something else is refused as data, and stays as it was."""
    path = tmp_path / "watch.db"
    path.write_bytes(b"no database " * 500)
    with pytest.raises(DataError, match="no store that can be read"):
        open_store(str(path), create=True)
    assert path.read_bytes() == b"no database " * 500


def test_a_newer_store(store, write) -> None:
    """One of a later version is not touched."""
    write(store, "one", 0, 10)
    with store.writing() as connection:
        connection.execute(sa.update(schema.VERSION).values(version=len(schema.MIGRATIONS) + 1))
    with pytest.raises(DataError, match="A newer automl wrote it"):
        open_store(store.where, create=True)


def test_an_older_store(store, write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations that are missing are applied once, in their order, and nothing is lost."""
    write(store, "one", 0, 10)

    def more(connection: sa.Connection) -> None:
        connection.execute(sa.text("create table watch_more (number integer)"))

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, more))
    for _ in range(2):
        again = open_store(store.where)
        with again.reading() as connection:
            assert connection.execute(sa.text("select count(*) from watch_more")).scalar() == 0
            assert connection.execute(sa.select(sa.func.sum(schema.BATCHES.c.rows))).scalar() == 10
            assert connection.execute(sa.select(schema.VERSION.c.version)).scalars().all() == [2]
        again.close()


def test_a_reader_sees_one_state(store, write) -> None:
    """What is written while a look reads is not in it."""
    count = sa.select(sa.func.count()).select_from(schema.BATCHES)
    write(store, "one", 0, 10)
    with store.reading() as connection:
        assert connection.execute(count).scalar() == 1
        write(store, "two", 10, 10)
        assert connection.execute(count).scalar() == 1
    with store.reading() as connection:
        assert connection.execute(count).scalar() == 2


def test_a_locked_store(lite, write) -> None:
    """Another writer that does not end is told, with exit code 6."""
    hurried = open_store(lite.where, patience=0.1)
    with lite.writing(), pytest.raises(MachineError, match="another writer holds the store"):
        write(hurried, "one", 0, 10)
    assert write(hurried, "one", 0, 10)
    hurried.close()


def test_a_full_store(lite, write) -> None:
    """A disk without room is told; what stood there stands."""
    write(lite, "one", 0, 10)
    with lite.told(), lite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(MachineError, match="disk of the store is full"):
        write(lite, "two", 10, 50_000)
    with lite.reading() as connection:
        assert connection.execute(sa.select(schema.BATCHES.c.id)).scalars().all() == ["one"]


def test_no_value_is_told(lite) -> None:
    """What the database refuses names no cell of a row."""
    with pytest.raises(MachineError) as error, lite.writing() as connection:
        connection.execute(sa.insert(schema.LABELS).values(key="canary", value=None, known=1, added=1))
    assert "canary" not in str(error.value)


def test_many_open_a_new_store_at_once(tmp_path: Path) -> None:
    """The tables are made once, whoever comes first."""
    forks = multiprocessing.get_context("forkserver")
    how = {"args": (str(tmp_path / "watch.db"),), "kwargs": {"create": True}}
    started = [forks.Process(target=open_store, **how) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0] * 3
    with sqlite3.connect(tmp_path / "watch.db") as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
        assert connection.execute("select version from watch_version").fetchall() == [(1,)]
    connection.close()
