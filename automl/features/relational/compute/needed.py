"""The tables and columns that features need of what is given: DataError for what is not there."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from automl.errors import DataError
from automl.features.relational.definition import MAIN, Catalog, Definitions


def check_main(definitions: Definitions, main: pl.DataFrame) -> None:
    """DataError where rows to be scored lack a column, or one is not in wire types."""
    _check(definitions.catalog, MAIN, definitions.needs()[MAIN], main.schema, skip=definitions.catalog.late)


def gathered(definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """All rows of the tables that are needed, in memory, with the columns that are needed. DataError as `run`."""
    return {name: frame.collect() for name, frame in needed(definitions, tables).items()}


def needed(definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
    """The tables that are needed, with the columns that are needed."""
    lazy = {}
    for name, columns in definitions.needs().items():
        if name == MAIN and not definitions.history:
            continue
        if name not in tables:
            what = "past rows of the main table are" if name == MAIN else f"table {name!r} is"
            raise DataError(f"{what} needed and not given", hint=f"give it as --table {name}=FILE")
        frame = tables[name].lazy()
        _check(definitions.catalog, name, columns, frame.collect_schema())
        lazy[name] = frame.select(columns)
    return lazy


def _check(
    catalog: Catalog, name: str, columns: tuple[str, ...], schema: pl.Schema, *, skip: frozenset[str] = frozenset()
) -> None:
    wires = catalog.table(name).columns
    for column in columns:
        if column in skip:
            continue
        if column not in schema:
            raise DataError(f"table {name!r} has no column {column!r}", hint="give what the model was trained on")
        wanted = pl.String if wires[column] in {"category", "text"} else pl.Float64
        if schema[column] != wanted:
            raise DataError(f"column {column!r} of table {name!r} is {schema[column]}, not read as {wires[column]}")
