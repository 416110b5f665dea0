"""A table as far as `init` looks at it: some of its rows as they came, and what each column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.frames import read_column
from automl.data.read.source import SourceTable
from automl.data.rows import Column, Finding, Schema
from automl.explore.looked import load_some, schema_of
from automl.init.found import Found
from automl.spec.data import Query

Floats = NDArray[np.float64]
ALONE = 1_000_000  # rows times columns that are looked at of a table alone
KEYED = 20_000_000  # likewise of one of several: keys are matched by values, and a sample of two tables hardly meets


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows as they came, `rows` of them in all, and their columns; `typed` where what is missing is written as null.

    `names` are those of `raw`, which a frame of thousands of columns is slow to tell.
    """

    name: str
    where: Path | Query
    raw: pl.DataFrame
    names: frozenset[str]
    rows: int
    schema: Schema
    findings: tuple[Finding, ...]
    typed: bool

    @property
    def called(self) -> str:
        """What people know it by."""
        return self.where.name if isinstance(self.where, Path) else self.name

    def column(self, name: str) -> Column:
        """What a column is."""
        return next(column for column in self.schema.columns if column.name == name)

    def values(self, name: str) -> pl.Series:
        """The values of a column in its wire: Float64 with NaN, or String with ""."""
        return read_column(self.column(name).reader, self.raw[name])


def look_at(name: str, path: Path, *, cells: int) -> Table:
    """A file, a folder or a glob. Raises DataError for what cannot be read and what has no rows."""
    source, all_rows = load_some(path, cells=cells)
    return table_of(name, path, source, all_rows)


def table_of(name: str, where: Path | Query, source: SourceTable, all_rows: int | None = None) -> Table:
    """The table of rows that are read; `all_rows` where they are a sample. Raises DataError where there are none."""
    schema, seen = schema_of(source, str(where) if isinstance(where, Path) else name)
    return Table(
        name=name,
        where=where,
        raw=source.frame,
        names=frozenset(source.frame.columns),
        rows=all_rows or source.frame.height,
        schema=schema,
        findings=seen,
        typed=source.dialect is None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """All tables, the test parts of some, the files of costs by table, and what was passed over."""

    tables: Mapping[str, Table]
    tests: Mapping[str, Table]
    costs: Mapping[str, tuple[Table, Table | None]]
    notes: tuple[str, ...]


def look(found: Found) -> Looked:
    """Look at all that was found. Raises DataError for what cannot be read and what has no rows."""
    cells = KEYED if len(found.tables) > 1 else ALONE
    costs = {
        name: (look_at(name, train, cells=ALONE), look_at(name, test, cells=ALONE) if test else None)
        for name, (train, test) in found.costs.items()
    }
    return Looked(
        tables={name: look_at(name, path, cells=cells) for name, path in found.tables.items()},
        tests={name: look_at(name, path, cells=ALONE) for name, path in found.tests.items()},
        costs=costs,
        notes=found.notes,
    )
