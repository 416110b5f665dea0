"""Relational features of one row, from child rows that are held in memory, ready to be found by key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automl.errors import DataError
from automl.features.relational.compute.key_history import Cell, KeyCache
from automl.features.relational.compute.needed import Given, check_main, held, required, table_of
from automl.features.relational.compute.one_row import Get, OneRow, RowPlan
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import QueryPlan, query_plan
from automl.features.relational.definition import MAIN, Definitions

if TYPE_CHECKING:
    import polars as pl

TEXTS = ("category", "text")

Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowStore:
    """The rows of all tables, sorted by key and time; a row to be scored touches those of its own keys only.

    Threads may share it. What was made of the keys that were asked for last is kept, within bounds.
    """

    definitions: Definitions
    engine: QueryEngine
    plan: QueryPlan
    cache: KeyCache
    one: RowPlan

    @classmethod
    def of(cls, definitions: Definitions, tables: Mapping[str, Given]) -> RowStore:
        """Takes tables as `run.run` does, or all of them as plain columns, and sorts them once. DataError as there."""
        engine = QueryEngine(definitions.catalog, held(definitions, tables))
        plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
        return cls._opened(definitions, engine, plan, KeyCache())

    @classmethod
    def _opened(cls, definitions: Definitions, engine: QueryEngine, plan: QueryPlan, cache: KeyCache) -> RowStore:
        one = OneRow(engine, cache).ready(plan, _column)
        return cls(definitions=definitions, engine=engine, plan=plan, cache=cache, one=one)

    def appended(self, tables: Mapping[str, Given]) -> RowStore:
        """A store with these rows after those of the tables of the same names: its answers are those of one made anew.

        The tables are sorted again; blocks of the histories that were asked for last are kept and added to.
        They come as those did, in frames or as columns. DataError for a table that nothing is computed from, and as in
        `of`.
        """
        catalog, grown = self.definitions.catalog, dict(self.engine.tables)
        columns = required(self.definitions, grown)
        for name, more in tables.items():
            if name not in grown:
                raise DataError(f"nothing is computed from table {name!r}", hint=f"the tables are {', '.join(grown)}")
            grown[name] = grown[name].with_rows(table_of(catalog, name, columns[name], more))
        engine = QueryEngine(catalog, grown)
        return self._opened(self.definitions, engine, self.plan, self.cache.continued())

    def features(self, row: Row) -> dict[str, Cell]:
        """The features of one row of main (read: numbers with NaN, texts with ``""``), equal to `run.run`'s.

        `row` needs `definitions.needs()["main"]` but what is late; DataError for what is missing.
        """
        found = self.one.values(row, self._cutoff(row))
        return {
            feature.name: "" if feature.wire in TEXTS and value != value else value  # noqa: PLR0124  # NaN is not itself
            for feature, value in zip(self.definitions.features, found, strict=True)
        }

    def many(self, main: pl.DataFrame) -> pl.DataFrame:
        """The features of many rows, as `run.run` gives them, without sorting the tables again."""
        from automl.features.relational.compute.at_rows import at_rows  # who answers single rows needs no more
        from automl.features.relational.compute.frame_table import FrameTable, plain

        check_main(self.definitions, main)
        framed = all(isinstance(table, FrameTable) for table in self.engine.tables.values())
        return at_rows(self.engine, self.definitions, self.plan, FrameTable(main) if framed else plain(main))

    def costs(self) -> dict[str, float]:
        """Microseconds of each feature where one row is scored, by name, for keys of as many rows as is usual here."""
        from automl.features.relational.row_cost import row_costs, usual_rows  # who answers rows needs no costs

        return row_costs(self.definitions, usual_rows(self.engine))

    def _cutoff(self, row: Row) -> float:
        """As `at_rows.cutoffs`."""
        catalog = self.definitions.catalog
        if catalog.cutoff is None:
            return math.inf
        cutoff, time = (float(_own(row, name)) for name in (catalog.cutoff, catalog.table(MAIN).time or catalog.cutoff))
        return time if math.isnan(cutoff) or time < cutoff else cutoff


def _column(name: str) -> Get:
    """How a column of the row to be scored is read."""
    return lambda row: _own(row, name)


def _own(row: Row, name: str) -> Cell:
    if name not in row:
        raise DataError(f"the row has no {name!r}", hint="give what the model was trained on")
    value = row[name]
    return value if isinstance(value, str) else float(value)
