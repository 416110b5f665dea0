"""Rows from a database by a query: read-only, one statement, in limited time, the address never told."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import polars as pl

from automl.errors import AutomlError, DataError, SpecError
from automl.spec.data import Query

READS = ("select", "with", "values", "table")
ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33)  # 33: a recursive WITH
STEPS = 10_000  # instructions of SQLite between two looks at the clock
BATCH = 100_000
POSTGRES = ("postgres", "postgresql")
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|--[^\n]*|/\*.*?\*/", re.DOTALL)


def read_query(given: Query, *, part: str, seconds: float, folder: Path | None = None) -> pl.DataFrame:
    """The rows of `given` in at most `seconds`; a relative path of a SQLite file starts at `folder`.

    The environment variable holds ``sqlite:///rows.db``, ``sqlite:////absolute/rows.db`` or
    ``postgresql://user:password@host/name``. Raises SpecError for what is no single reading statement and where the
    variable is not set, DataError for what the database answers; neither holds the address.
    """
    where = f"data.{part}"
    name = given.url.removeprefix("env:")
    url = os.environ.get(name)
    if not url:
        raise SpecError(
            f"the environment variable {name} is not set", where=f"{where}.url", hint=f"export {name}=ADDRESS"
        )
    return query_rows(url, given.query, where=where, seconds=seconds, folder=folder or Path(), name=name)


def query_rows(url: str, sql: str, *, where: str, seconds: float, folder: Path, name: str) -> pl.DataFrame:
    """The rows of a statement from the database at `url`; `where` and `name` are what it is told by."""
    check_statement(sql, where)
    scheme = urlsplit(url).scheme.lower().partition("+")[0]
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        "sqlite": lambda: _sqlite(url, sql, seconds, folder),
        **dict.fromkeys(POSTGRES, lambda: _postgres(url, sql, seconds)),
    }
    if scheme not in readers:
        hint = "use sqlite:///FILE or postgresql://..., or export the rows to parquet"
        raise SpecError(f"the address in {name} is of no known database", where=f"{where}.url", hint=hint)
    with _told(where, url):
        return readers[scheme]()


def check_statement(sql: str, where: str) -> None:
    """Raise SpecError where `sql` is not one statement that reads (D20)."""
    bare = QUOTED.sub(lambda quoted: "" if quoted[0][:2] in {"--", "/*"} else "x", sql).strip().rstrip(";").strip()
    first = re.match(r"\(*\s*([A-Za-z]+)", bare)
    if ";" in bare or first is None or first[1].lower() not in READS:
        raise SpecError("the query is not one statement that reads rows", where=f"{where}.query", hint="write SELECT")


def _sqlite(url: str, sql: str, seconds: float, folder: Path) -> pl.DataFrame:
    path = folder / unquote(urlsplit(url).path.removeprefix("/"))
    if not path.is_file():
        raise DataError("there is no such SQLite file", hint="check the path in the address")
    last = time.monotonic() + seconds
    with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as connection:
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY)
        connection.set_progress_handler(lambda: int(time.monotonic() > last), STEPS)
        try:
            return _fetched(connection.execute(sql))
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise DataError(_slow(seconds), hint="ask for fewer rows, or give more budget.time") from error
            raise


def _fetched(cursor: sqlite3.Cursor) -> pl.DataFrame:
    """The rows in their order. A column of SQLite may hold several types: whole numbers and fractions are numbers."""
    names = [column[0] for column in cursor.description]
    parts: list[list[pl.Series]] = []
    while rows := cursor.fetchmany(BATCH):
        parts.append([pl.Series("", _of_one_kind(values), strict=False) for values in zip(*rows, strict=True)])
    if not parts:
        return _named(names, [pl.Series("", [], dtype=pl.String) for _ in names])
    return _named(names, [_stacked(pieces) for pieces in zip(*parts, strict=True)])


def _stacked(pieces: tuple[pl.Series, ...]) -> pl.Series:
    """One column from its batches; text where a batch has text and another has numbers."""
    kinds = {piece.dtype for piece in pieces} - {pl.Null()}
    if pl.String in kinds and len(kinds) > 1:
        pieces = tuple(piece.cast(pl.String) for piece in pieces)
    return pl.concat([piece.to_frame() for piece in pieces], how="vertical_relaxed").to_series()


def _named(names: list[str], columns: list[pl.Series]) -> pl.DataFrame:
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        listed = ", ".join(map(repr, double))
        raise DataError(f"columns with the same name: {listed}", hint="name each column with AS")
    return pl.DataFrame([column.rename(name) for name, column in zip(names, columns, strict=True)])


def _of_one_kind(values: tuple[object, ...]) -> list[object]:
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return list(values)
    return [value if value is None else str(value) for value in values]


def _postgres(url: str, sql: str, seconds: float) -> pl.DataFrame:
    try:
        return pl.read_database_uri(sql, read_only(url, seconds))
    except ImportError as error:
        raise DataError("a PostgreSQL database needs connectorx", hint="pip install 'automl[sql]'") from error


def read_only(url: str, seconds: float) -> str:
    """The address of a PostgreSQL database with a session that is read-only and stops a slow statement.

    A role with rights of its own may still call functions of the server that write files or run programs: the hint to
    use a role that may only select stands in docs/howto/data.md.
    """
    options = f"-c default_transaction_read_only=on -c statement_timeout={int(seconds * 1000)}"
    return f"{url}{'&' if urlsplit(url).query else '?'}options={quote(options)}"


def _slow(seconds: float) -> str:
    return f"the query took longer than {seconds:g} s"


@contextmanager
def _told(where: str, url: str) -> Iterator[None]:
    """Errors and panics of the driver as ours, without the address or any part of it that is secret (S05)."""
    try:
        yield
    except DataError as error:
        raise DataError(error.what, where=where, hint=error.hint) from None
    except (AutomlError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  # a panic of a driver in Rust is no Exception
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        for secret in secrets_of(url):
            text = text.replace(secret, "...")
        raise DataError(
            f"the database refused: {text[:300]}", where=where, hint="try the query with its own client"
        ) from None


def secrets_of(url: str) -> list[str]:
    """What of an address nobody may see: all of it, its user, password and options, in each spelling, longest first.

    It is cut by hand: a password that is not percent-encoded may hold the signs that an address is cut at.
    """
    rest = url.partition("://")[2]
    user, _, place = rest.rpartition("@")
    found = {url, rest, user, *user.partition(":")[::2], rest.partition("@")[0], *rest.partition("@")[0].split(":", 1)}
    if user:
        found |= {value for option in re.split("[?&]", place)[1:] for value in [option.partition("=")[2]]}
        found |= {place.rpartition("@")[2], re.split("[:/?#]", place)[0]}
    spelt = {form for secret in found for form in (secret, unquote(secret), quote(secret), quote(secret, safe=""))}
    return sorted(filter(None, spelt), key=len, reverse=True)
