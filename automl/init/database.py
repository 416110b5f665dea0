"""A database as DATA: a SQLite file, or an address that an environment variable holds and no spec ever sees (S05)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import polars as pl

from automl.data.read.query import query_rows, read_query
from automl.data.read.source import SourceTable, frame_digest
from automl.errors import SpecError
from automl.init.looked import Looked, table_of
from automl.init.question import one_of
from automl.spec.data import Query

SQLITE: Final = frozenset({".db", ".sqlite", ".sqlite3"})
VARIABLE: Final = "DB_URL"  # what holds the address of a SQLite file once the spec is fitted
TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
)
SECONDS: Final = 600.0
QUERY: Final = "--query"


def is_database(path: Path) -> bool:
    """Whether an argument is a database and no file of rows."""
    return str(path).startswith("env:") or path.suffix.lower() in SQLITE


def check_query(data: Sequence[Path], databases: Sequence[Path], given: Mapping[str, str]) -> None:
    """Raise SpecError for a query without a database, and for a database beside other data."""
    if QUERY in given and not databases:
        raise SpecError("a query is for a database", where=QUERY, hint="give a SQLite file, or env:NAME, as DATA")
    if databases and len(data) > 1:
        raise SpecError("a database comes alone", where=str(databases[0]), hint="join its tables in --query")


def look_at_database(where: Path, given: Mapping[str, str]) -> Looked:
    """The rows of a query, or of the only table of a SQLite file.

    Raises SpecError and DataError; neither has the address.
    """
    if str(where).startswith("env:"):
        if QUERY not in given:
            raise SpecError("which rows of the database?", where=str(where), hint='give --query "SELECT ..."')
        query = Query(query=given[QUERY], url=str(where))
        frame = read_query(query, part="train", seconds=SECONDS)
        notes: tuple[str, ...] = ()
    else:
        address = f"sqlite:///{quote(os.path.abspath(where))}"  # noqa: PTH100  # a link stays what it is called
        query = Query(query=given.get(QUERY) or _whole_table(address, where, given), url=f"env:{VARIABLE}")
        frame = _rows(address, query.query, where)
        notes = (f"before a fit: export {VARIABLE}={address}",)
    source = SourceTable(frame=frame, digests={"query": frame_digest(frame)})
    return Looked(tables={"rows": table_of("rows", query, source)}, tests={}, costs={}, notes=notes)


def _whole_table(address: str, where: Path, given: Mapping[str, str]) -> str:
    names = _rows(address, TABLES, where)["name"].to_list()
    if not names:
        raise SpecError("the database has no tables", where=str(where), hint="name another file")
    if "--main" not in given and len(names) > 1:
        hint = f'give --main TABLE, or --query "SELECT ..."; the tables are {", ".join(map(repr, names))}'
        raise SpecError(f"the database has {len(names)} tables", where=str(where), hint=hint)
    try:
        name = one_of(names, "table")(given.get("--main", names[0]))
    except ValueError as error:
        raise SpecError(str(error), where="--main") from None
    quoted = name.replace('"', '""')
    return f'SELECT * FROM "{quoted}"'  # noqa: S608  # the name is the database's own, and quoted


def _rows(address: str, sql: str, where: Path) -> pl.DataFrame:
    return query_rows(address, sql, where=str(where), seconds=SECONDS, folder=Path(), name=str(where))
