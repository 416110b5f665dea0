"""Rows of other tables for the golden rows: synthetic as those are, as many for a key as the real ones have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from automl.bundle.golden_cells import cells_of
from automl.data.read.column_reader import ColumnReader, Reader
from automl.data.read.frames import side_by_side
from automl.data.read.reader import read_row
from automl.data.read.table_rows import RelationalDocument
from automl.data.read.typed_tables import Given, RelatedTables, read_table, read_tables
from automl.data.rows import SEEN
from automl.features.relational.codec import from_json
from automl.features.relational.compute.run import run
from automl.features.relational.definition import MAIN, Catalog

MOST = 2_000  # rows of one table
MOST_EACH = 200  # rows for one key: more are rare and make the file long

Row = dict[str, object]


def with_tables(
    golden: Sequence[Mapping[str, object]], related: RelatedTables, *, seed: int, least: int = SEEN
) -> tuple[list[Row], dict[str, list[Row]]]:
    """The golden rows with keys, and for each table the raw rows that they meet.

    No key is a real one, unless the model reads it as a feature. All other cells are drawn column by column from
    `related.samples`, categories and flags among what at least `least` rows have; the number of rows for a key is that
    of a real one.
    """
    catalog = from_json(related.document["definitions"]).catalog
    maker = _Maker(related=related, catalog=catalog, draw=_draw(seed), least=least)
    rows = maker.keyed(MAIN, [dict(row) for row in golden])
    maker.fill(MAIN, rows)
    return rows, {name: maker.made.get(name, []) for name in related.document["tables"]}


def read_golden(
    reader: Reader,
    rows: Sequence[Mapping[str, object]],
    document: RelationalDocument | None,
    tables: Mapping[str, Given],
) -> pl.DataFrame:
    """The golden rows in wire types, with what is computed from other tables where there is a `document` of them."""
    frame = pl.DataFrame([read_row(reader, row) for row in rows])
    if document is None:
        return frame
    main = read_table(MAIN, {"reader": document["main"]}, rows).lazy().collect()
    computed = run(from_json(document["definitions"]), main, read_tables(document, tables))
    return side_by_side(frame, computed)


def drawn(document: RelationalDocument) -> list[ColumnReader]:
    """The entries of main's reader whose cells are drawn as any other: all but keys, which are made."""
    catalog = from_json(document["definitions"]).catalog
    keys = {other for relation in catalog.relations if relation.parent == MAIN for _, other in relation.on}
    keys |= {column for key in catalog.history for column in key}
    return [entry for entry in document["main"]["columns"] if entry["wire"] == "date" or entry["name"] not in keys]


def _draw(seed: int) -> np.random.Generator:
    return np.random.default_rng((seed, 7))


@dataclass(slots=True, kw_only=True)
class _Maker:
    related: RelatedTables
    catalog: Catalog
    draw: np.random.Generator
    least: int
    made: dict[str, list[Row]] = field(default_factory=dict)
    keys: int = 0
    _cells: dict[str, Mapping[str, Sequence[object]]] = field(default_factory=dict)

    def keyed(self, table: str, rows: list[Row]) -> list[Row]:
        """The rows with a synthetic key wherever another table asks for a column that they lack."""
        wanted = {here for _, on in self._ways(table) for here, _ in on}
        for row in rows:
            empty = next(iter(row.values()), None) if set(map(str, row.values())) <= {"None", ""} and row else ...
            for column in sorted(wanted - row.keys()):
                self.keys += 1
                row[column] = f"key {self.keys % max(1, len(rows) // 2)}" if empty is ... else empty
        return rows

    def fill(self, table: str, rows: list[Row]) -> None:
        """Rows of the tables that are reached from `rows` of `table`, and of those that are reached from these."""
        for name, on in self._ways(table):
            distinct = dict.fromkeys(tuple(row.get(here) for here, _ in on) for row in rows)
            count = self._counter(name, [there for _, there in on])
            room = MOST - len(self.made.get(name, []))
            new: list[Row] = []
            for key in distinct:
                fixed = dict(zip((there for _, there in on), key, strict=True))
                new += [self._row(name) | fixed for _ in range(min(count(), room - len(new)))]
            self.made.setdefault(name, []).extend(self.keyed(name, new) if name != MAIN else new)
            if name != MAIN:
                self.fill(name, new)

    def _ways(self, table: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        """The tables joined to `table`, with pairs (column here, column there)."""
        for relation in self.catalog.relations:
            if relation.parent == table and relation.child in self.related.document["tables"]:
                yield relation.child, tuple((other, its) for its, other in relation.on)
        if table == MAIN and MAIN in self.related.document["tables"]:
            for key in self.catalog.history:
                yield MAIN, tuple((column, column) for column in key)

    def _counter(self, name: str, own: list[str]) -> Callable[[], int]:
        """Draws the number of rows for a key as real keys have them."""
        sample = self.related.samples[name]
        there = [column for column in own if column in sample.columns]
        counts = sample.group_by(there, maintain_order=True).len()["len"].to_list() if there and sample.height else [1]
        return lambda: min(MOST_EACH, int(counts[int(self.draw.integers(len(counts)))]))

    def _row(self, name: str) -> Row:
        if name not in self._cells:
            self._cells[name] = self._margins(name)
        wires = self.catalog.table(name).columns
        joined = {here for _, on in self._ways(name) for here, _ in on if wires[here] != "date" and name != MAIN}
        return {
            column: cells[int(self.draw.integers(len(cells)))] if cells else None
            for column, cells in self._cells[name].items()
            if column not in joined
        }

    def _margins(self, name: str) -> dict[str, Sequence[object]]:
        """The cells that each column is drawn from."""
        entry = self.related.document["tables"][name]
        sample = self.related.samples[name]
        read = read_table(name, entry, sample).lazy().collect()
        everyone = np.arange(sample.height)
        return {
            name: cells_of(sample[name], read[name], column, everyone, least=self.least).drawn
            for column in entry["reader"]["columns"]
            for name in [column["name"]]
        }
