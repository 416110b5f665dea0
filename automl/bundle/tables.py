"""Score raw rows with a bundle of several tables: features are computed in front of the graph.

What a single row does not need beside tables of raw rows is imported where it is used, polars before all: a process is
to answer soon.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from automl.bundle.scorer import Document, Row, Scorer, Values, checked
from automl.data.read.table_rows import Columns, RelationalDocument, Rows, check_given, read_rows
from automl.data.read.unread import fallible
from automl.features.relational.codec import from_json
from automl.features.relational.definition import MAIN, Definitions, hops
from automl.features.relational.row_store import RowStore
from automl.names import outside

if TYPE_CHECKING:
    import polars as pl

    from automl.data.read.typed_tables import Frame

RELATIONAL = "relational.json"
TableSource: TypeAlias = "Frame | Rows | str | Path"


class TableScorer(Scorer):
    """A `Scorer` whose graph also takes columns that are computed from `tables`, by name: frames, files or raw rows.

    Tables are read once and held in memory, sorted by their keys once one row is scored: `decide` then touches the rows
    of its own keys only. Without `tables` it scores nothing; `given` is the scorer with others.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        tables: Mapping[str, TableSource] | None = None,
        manifest: Document | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__(folder, manifest, files)
        self.document: RelationalDocument = json.loads(
            checked(Path(folder), self.manifest, RELATIONAL) if files is None else files[RELATIONAL]
        )
        self.main = self.document["main"]
        self.definitions = from_json(self.document["definitions"])
        self.sources = _sources(self.definitions)
        own = [outside(column["name"]) for column in self.main["columns"] if not column.get("optional")]
        self.needed = list(dict.fromkeys([*self.needed, *own]))
        self._fallible = fallible(self.main, self.reader)
        self.hold(tables)

    @property
    def tables(self) -> list[str]:
        """The names of the tables that are read; ``main`` are main's own past rows."""
        return list(self.document["tables"])

    def given(self, tables: Mapping[str, TableSource]) -> TableScorer:
        """The same scorer with other tables; those it does not read are left alone. DataError for what it lacks."""
        other = copy.copy(self)
        other.hold(tables)
        return other

    def features(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The computed columns of raw rows of main, in wire types."""
        from automl.data.read.frames import read_frame, renamed

        return self.computed(read_frame(self.main, renamed(frame)))

    def hold(self, tables: Mapping[str, TableSource] | None) -> None:
        """Read the tables that the model reads and keep them, in place of those that were held."""
        self._held = None if tables is None else self._read_tables(tables)
        self._store: RowStore | None = None

    def _read_tables(self, tables: Mapping[str, TableSource]) -> Mapping[str, Frame | Columns]:
        """Raw rows alone are read without polars; one table that is a frame or a file makes frames of all."""
        given = {name: table for name, table in tables.items() if name in self.tables}
        check_given(self.document, given, tables)
        rows = {name: table for name, table in given.items() if isinstance(table, list | tuple)}
        if len(rows) == len(given):
            return {name: read_rows(name, self.document["tables"][name], rows[name]) for name in self.tables}
        from automl.data.read.typed_tables import read_tables

        return read_tables(self.document, {name: self._opened(name, table) for name, table in given.items()})

    def _opened(self, name: str, table: TableSource) -> Frame | Rows:
        if not isinstance(table, str | Path):
            return table
        from automl.bundle.table_files import read_file

        return read_file(Path(table), self.document["tables"][name].get("dialect") or {})

    @property
    def _given(self) -> Mapping[str, Frame | Columns]:
        if self._held is None:
            check_given(self.document, ())  # the refusal names them all
        return self._held or {}

    def _values(self, row: Row) -> Values:
        main = self._read(self.main, row)
        return main | self._read(self.reader, row) | self._sorted().features(main)

    def _all(self, rows: Sequence[Row]) -> list[Values]:
        main = [self._read(self.main, row) for row in rows]
        import polars as pl

        from automl.data.read.typed_tables import wire_schema

        computed = self.computed(pl.DataFrame(main, schema=wire_schema(self.main))).to_dicts()
        return [a | self._read(self.reader, row) | more for a, row, more in zip(main, rows, computed, strict=True)]

    def _cells(self, row: Row) -> Values:
        return self._read(self.main, row) | self._read(self.reader, row)

    def computed(self, main: pl.DataFrame) -> pl.DataFrame:
        """The computed columns of rows of main that are in wire types.

        Tables in memory are sorted once; those that stay on the disk are read for each call.
        """
        import polars as pl

        frames = {name: table for name, table in self._given.items() if not isinstance(table, Mapping)}
        if any(isinstance(table, pl.LazyFrame) for table in frames.values()):
            from automl.features.relational.compute.run import run

            return run(self.definitions, main, frames)
        return self._sorted().many(main)

    def _sorted(self) -> RowStore:
        if self._store is None:
            self._store = RowStore.of(self.definitions, self._given)
        return self._store


def open_scorer(
    folder: str | os.PathLike[str],
    tables: Mapping[str, TableSource] | None = None,
    manifest: Document | None = None,
) -> Scorer:
    """The scorer of a bundle of one table or of several. DataError for tables that are read and not given."""
    several = (Path(folder) / RELATIONAL).is_file()
    scorer = TableScorer(folder, manifest=manifest) if several else Scorer(folder, manifest)
    return scorer if tables is None else scorer.given(tables)


def _sources(definitions: Definitions) -> dict[str, str]:
    """The table that each feature is reached by."""
    return {feature.name: next((hop.table for hop in hops(feature.expr)), MAIN) for feature in definitions.features}
