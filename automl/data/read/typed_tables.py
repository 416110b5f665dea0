"""Other tables in wire types, read by the data of relational.json: the same in training and where rows are scored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from automl.data.read.column_reader import Reader
from automl.data.read.frames import read_column, read_frame, renamed
from automl.data.read.table_rows import TEXTS, RelationalDocument, Rows, TableReader, check_given, read_rows
from automl.errors import DataError

Frame = pl.DataFrame | pl.LazyFrame
Given = Frame | Rows


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
    check_given(document, given, others)
    return {name: read_table(name, entry, given[name]) for name, entry in document["tables"].items()}


def read_table(name: str, entry: TableReader, given: Given) -> Frame:
    """One table in wire types; lazily where a `LazyFrame` was given."""
    if not isinstance(given, pl.DataFrame | pl.LazyFrame):
        return pl.DataFrame(dict(read_rows(name, entry, given)), schema=_schema(entry))
    try:
        read = _of_frame(entry["reader"], given)
    except DataError as error:
        raise DataError(error.what, where=f"table {name!r}", hint=error.hint) from error
    except (KeyError, ValueError) as error:
        raise DataError(str(error.args[0]), where=f"table {name!r}") from error
    flags = [_flag(column, text) for column, text in entry.get("positive", {}).items()]
    return read.with_columns(flags) if flags else read


def _schema(entry: TableReader) -> dict[str, pl.DataType]:
    return wire_schema(entry["reader"]) | dict.fromkeys(entry.get("positive", ()), pl.Float64())


def wire_schema(reader: Reader) -> dict[str, pl.DataType]:
    """The type of each column after the reader."""
    return {entry["name"]: pl.String() if entry["wire"] in TEXTS else pl.Float64() for entry in reader["columns"]}


def _of_frame(reader: Reader, given: Frame) -> Frame:
    """The columns of a frame; of a lazy one chunk by chunk while it is computed."""
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
