"""The tables and columns that features need of what is given: DataError for what is not there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from automl.data.read.table_rows import Columns
from automl.errors import DataError
from automl.features.relational.compute.plain_table import PlainTable
from automl.features.relational.compute.table import Table
from automl.features.relational.definition import MAIN, Catalog, Definitions

if TYPE_CHECKING:
    import polars as pl

Given: TypeAlias = "pl.DataFrame | pl.LazyFrame | Columns"


def check_main(definitions: Definitions, main: pl.DataFrame) -> None:
    """DataError where rows to be scored lack a column, or one is not in wire types."""
    _check(definitions.catalog, MAIN, definitions.needs()[MAIN], _types(main.schema), skip=definitions.catalog.late)


def required(definitions: Definitions, given: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The columns that are needed of each table; DataError for a table that is not among the names that are given."""
    found = {}
    for name, columns in definitions.needs().items():
        if name == MAIN and not definitions.history:
            continue
        if name not in given:
            what = "past rows of the main table are" if name == MAIN else f"table {name!r} is"
            raise DataError(f"{what} needed and not given", hint=f"give it as --table {name}=FILE")
        found[name] = columns
    return found


def needed(definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
    """The tables that are needed, with the columns that are needed."""
    columns = required(definitions, tables)
    return {name: _selected(definitions.catalog, name, own, tables[name]) for name, own in columns.items()}


def held(definitions: Definitions, tables: Mapping[str, Given]) -> dict[str, Table]:
    """All rows of the tables that are needed, in memory, with the columns that are needed. DataError as `run`."""
    columns = required(definitions, tables)
    return {name: table_of(definitions.catalog, name, own, tables[name]) for name, own in columns.items()}


def table_of(catalog: Catalog, name: str, columns: Collection[str], given: Given) -> Table:
    """These columns of one table: in a frame if it was given as one."""
    if isinstance(given, Mapping):
        _check(catalog, name, columns, {one: _type(isinstance(cells, list)) for one, cells in given.items()})
        return PlainTable({column: given[column] for column in columns})
    from automl.features.relational.compute.frame_table import FrameTable  # polars is there already

    return FrameTable(_selected(catalog, name, columns, given).collect())


def _selected(
    catalog: Catalog, name: str, columns: Collection[str], given: pl.DataFrame | pl.LazyFrame
) -> pl.LazyFrame:
    frame = given.lazy()
    _check(catalog, name, columns, _types(frame.collect_schema()))
    return frame.select(columns)


def _types(schema: pl.Schema) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in schema.items()}


def _type(texts: bool) -> str:
    return "String" if texts else "Float64"


def _check(
    catalog: Catalog,
    name: str,
    columns: Collection[str],
    types: Mapping[str, str],
    *,
    skip: frozenset[str] = frozenset(),
) -> None:
    wires = catalog.table(name).columns
    for column in columns:
        if column in skip:
            continue
        if column not in types:
            raise DataError(f"table {name!r} has no column {column!r}", hint="give what the model was trained on")
        if types[column] != _type(wires[column] in {"category", "text"}):
            raise DataError(f"column {column!r} of table {name!r} is {types[column]}, not read as {wires[column]}")
