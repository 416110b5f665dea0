"""Other tables in wire types, read by the data of relational.json: the same in training and where rows are scored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NotRequired, TypedDict

import polars as pl

from automl.data.read.column_reader import ColumnReader, CsvDialect, Reader
from automl.data.read.reader import raw_value, read_value
from automl.errors import DataError, nearest

TEXTS = ("category", "text")

Frame = pl.DataFrame | pl.LazyFrame
Given = Frame | Sequence[Mapping[str, object]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedTables:
    """What a bundle keeps of other tables: how they are read and used, and some raw rows of each."""

    document: RelationalDocument
    samples: Mapping[str, pl.DataFrame]


def read_tables(
    document: RelationalDocument, given: Mapping[str, Given], others: Collection[str] = ()
) -> dict[str, Frame]:
    """Each table that `document` (relational.json) needs in wire types, from a frame or raw rows.

    Other tables may be given and are not looked at; `others` are names of further ones. Raises DataError for a table
    that is not given and for columns that are not there.
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
    return {name: read_table(name, entry, given[name]) for name, entry in entries.items()}


def read_table(name: str, entry: TableReader, given: Given) -> Frame:
    """One table in wire types; lazily where a `LazyFrame` was given."""
    reader = entry["reader"]
    try:
        if isinstance(given, pl.DataFrame | pl.LazyFrame):
            read: Frame = _of_frame(reader, given)
        else:
            cells = {column["name"]: _read_cells(column, given) for column in reader["columns"]}
            read = pl.DataFrame(cells, schema=wire_schema(reader))
    except DataError as error:
        raise DataError(error.what, where=f"table {name!r}", hint=error.hint) from error
    except (KeyError, ValueError) as error:
        raise DataError(str(error.args[0]), where=f"table {name!r}") from error
    flags = [_flag(column, text) for column, text in entry.get("positive", {}).items()]
    return read.with_columns(flags) if flags else read


def _read_cells(column: ColumnReader, rows: Sequence[Mapping[str, object]]) -> list[float | str]:
    """A column of raw rows, each value by `read_value`; a text that stands in many rows is read once."""
    cells = [raw_value(column, row) for row in rows]
    texts = {cell: read_value(column, cell) for cell in {cell for cell in cells if type(cell) is str}}
    return [texts[cell] if type(cell) is str else read_value(column, cell) for cell in cells]


def wire_schema(reader: Reader) -> dict[str, pl.DataType]:
    """The type of each column after the reader."""
    return {entry["name"]: pl.String() if entry["wire"] in TEXTS else pl.Float64() for entry in reader["columns"]}


def _of_frame(reader: Reader, given: Frame) -> Frame:
    """The columns of a frame; of a lazy one chunk by chunk while it is computed."""
    from automl.data.read.frames import read_column, read_frame, renamed  # who has raw rows need not wait for it

    if isinstance(given, pl.DataFrame):
        return read_frame(reader, renamed(given))
    frame = renamed(given)
    known = set(frame.collect_schema().names())
    schema = wire_schema(reader)
    for name in schema:
        if name not in known:
            raise DataError(f"the data has no column {name!r}", hint="give every column that the model was trained on")
    return frame.select(
        pl.col(entry["name"]).map_batches(
            partial(read_column, entry), return_dtype=schema[entry["name"]], is_elementwise=True
        )
        for entry in reader["columns"]
    )


def _flag(column: str, positive: str) -> pl.Expr:
    """The labels of a binary target among main's own past rows as 1 and 0, NaN where there is none."""
    label = pl.col(column)
    flag = pl.when(label == "").then(float("nan")).otherwise((label == positive).cast(pl.Float64))
    return flag.alias(column)
