"""Relational features of one row, from child rows that are held in memory, ready to be found by key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from automl.errors import DataError
from automl.features.relational.compute.key_history import Cell, KeyCache
from automl.features.relational.compute.one_row import Get, OneRow, RowPlan
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import QueryPlan, query_plan
from automl.features.relational.compute.run import at_rows, check_main, gathered
from automl.features.relational.definition import MAIN, Definitions

TEXTS = ("category", "text")

Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStore:
    """The rows of all tables, sorted by key and time; a row to be scored touches those of its own keys only.

    Threads may share it. What was made of the keys that were asked for last is kept, within bounds.
    """

    definitions: Definitions
    engine: QueryEngine
    plan: QueryPlan
    one: RowPlan

    @classmethod
    def of(cls, definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> RowStore:
        """Takes tables as `run.run` does, and sorts them once. DataError as there."""
        engine = QueryEngine(definitions.catalog, gathered(definitions, tables))
        plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
        one = OneRow(engine, KeyCache()).ready(plan, _column)
        return cls(definitions=definitions, engine=engine, plan=plan, one=one)

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
        check_main(self.definitions, main)
        return at_rows(self.engine, self.definitions, self.plan, main)

    def _cutoff(self, row: Row) -> float:
        """As `run.cutoffs`."""
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
