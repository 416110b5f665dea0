"""Raw rows of other tables in wire types, read by the data of relational.json: without polars, which loads slowly.

Frames are read by `typed_tables`, to the same values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from automl.data.read.column_reader import ColumnReader, CsvDialect, Reader
from automl.data.read.reader import raw_value, read_value
from automl.errors import DataError, nearest

TEXTS = ("category", "text")

Rows = Sequence[Mapping[str, object]]
Cells = NDArray[np.float64] | list[str]
Columns = Mapping[str, Cells]
"""A table in wire types: each column [n] as numbers with NaN, or as texts with ``""``."""


class TableReader(TypedDict):
    """How a table is read: its columns, how its csv was written, and in main's past rows which label counts as 1."""

    reader: Reader
    dialect: NotRequired[CsvDialect | None]
    positive: NotRequired[Mapping[str, str]]


class TableReaders(TypedDict):
    """How main is read in front of the tables, and how each of these is; ``tables["main"]`` are main's past rows."""

    main: Reader
    tables: dict[str, TableReader]


class RelationalDocument(TableReaders):
    """relational.json: also which tables of the spec nothing is computed from, and what is computed from the others.

    The `definitions` are those of `automl.features.relational`, which reads and writes them.
    """

    definitions: Mapping[str, object]
    unused: Sequence[str]


def check_given(document: RelationalDocument, given: Collection[str], others: Collection[str] = ()) -> None:
    """DataError where a table that `document` needs is not among the names that are `given`.

    `others` are names of further tables, one of which may be meant.
    """
    entries = document["tables"]
    lacking = [name for name in entries if name not in given]
    if lacking:
        listed = ", ".join(map(repr, lacking))
        flags = " ".join(f"--table {name}=FILE" for name in lacking)
        strangers = {*given, *others} - {*entries, *document.get("unused", ())}
        close = {name: found for name in lacking if (found := nearest(name, sorted(strangers)))}
        meant = "".join(f"; is {found!r} given for {name!r}?" for name, found in close.items())
        raise DataError(
            f"the model also reads the table{'s' if len(lacking) > 1 else ''} {listed}",
            where="tables",
            hint=f"give {flags}, in Python tables={{{lacking[0]!r}: frame}}{meant}",
        )


def read_rows(name: str, entry: TableReader, rows: Rows) -> dict[str, Cells]:
    """The columns of the table `name`; DataError for a column that is not there and for values that are no scalars."""
    try:
        columns = {column["name"]: _column(column, rows) for column in entry["reader"]["columns"]}
    except (KeyError, ValueError) as error:
        raise DataError(str(error.args[0]), where=f"table {name!r}") from error
    flags = {column: _flags(columns[column], text) for column, text in entry.get("positive", {}).items()}
    return columns | flags


def _column(column: ColumnReader, rows: Rows) -> Cells:
    """A column of raw rows, each value by `read_value`; a text that stands in many rows is read once."""
    cells = [raw_value(column, row) for row in rows]
    texts = {cell: read_value(column, cell) for cell in {cell for cell in cells if type(cell) is str}}
    read = [texts[cell] if type(cell) is str else read_value(column, cell) for cell in cells]
    return list(map(str, read)) if column["wire"] in TEXTS else np.array(read, dtype=np.float64)


def _flags(labels: Cells, positive: str) -> Cells:
    """The labels of a binary target among main's own past rows as 1 and 0, NaN where there is none."""
    return np.array([np.nan if label == "" else float(label == positive) for label in labels], dtype=np.float64)
