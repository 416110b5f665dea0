"""Relational features of one row, from child rows that are held in memory, ready to be found by key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from automl.errors import DataError
from automl.features.relational.compute.query_engine import QueryEngine, Values
from automl.features.relational.compute.query_plan import QueryPlan, query_plan
from automl.features.relational.compute.range_aggregates import Floats, Ints
from automl.features.relational.compute.run import at_rows, check_main, cutoffs, gathered
from automl.features.relational.definition import MAIN, Definitions, Hop

Row = Mapping[str, float | str]
Numbers = Mapping[tuple[float | str, ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStore:
    """The rows of all tables, sorted by key and time; a row to be scored touches those of its own keys only."""

    definitions: Definitions
    engine: QueryEngine
    plan: QueryPlan
    keys: Mapping[tuple[Hop, ...], Numbers]

    @classmethod
    def of(cls, definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> RowStore:
        """Takes tables as `run.run` does, and sorts them once. DataError as there."""
        engine = QueryEngine(definitions.catalog, gathered(definitions, tables))
        plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
        paths = [(lookup.hop,) for lookup in plan.lookups] + [history.path for history in plan.histories]
        keys = {path: engine.keys(path).numbers() for path in paths}
        engine.compute(plan, _NoRow())  # every table is sorted, and every whole column made, before the first row
        return cls(definitions=definitions, engine=engine, plan=plan, keys=keys)

    def features(self, row: Row) -> dict[str, float | str]:
        """The features of one row of main (read: numbers with NaN, texts with ``""``), equal to `run.run`'s.

        `row` needs `definitions.needs()["main"]` but what is late; DataError for what is missing.
        """
        computed = self.engine.compute(self.plan, _Row(row, self.keys, self._cutoff(row)))
        return {f.name: _plain(values) for f, values in zip(self.definitions.features, computed, strict=True)}

    def many(self, main: pl.DataFrame) -> pl.DataFrame:
        """The features of many rows, as `run.run` gives them, without sorting the tables again."""
        check_main(self.definitions, main)
        return at_rows(self.engine, self.definitions, self.plan, main)

    def _cutoff(self, row: Row) -> Floats:
        catalog = self.definitions.catalog
        times = (catalog.cutoff, catalog.table(MAIN).time)
        return cutoffs(catalog, {name: _value(row, name).data for name in times if name is not None}, 1)


@dataclass(frozen=True, slots=True)
class _Row:
    """The one row to be scored."""

    row: Row
    keys: Mapping[tuple[Hop, ...], Numbers]
    cutoff: Floats

    def column(self, name: str) -> Values:
        return _value(self.row, name)

    def key(self, path: tuple[Hop, ...]) -> Ints:
        key = tuple(_own(self.row, here) for here, _ in path[0].on)
        return np.array([self.keys[path].get(key, -1)])


@dataclass(frozen=True, slots=True)
class _NoRow:
    """No row to be scored."""

    cutoff: Floats = field(default_factory=lambda: np.zeros(0))

    def column(self, _name: str) -> Values:
        return Values(self.cutoff)

    def key(self, _path: tuple[Hop, ...]) -> Ints:
        return np.zeros(0, dtype=np.int64)


def _own(row: Row, name: str) -> float | str:
    if name not in row:
        raise DataError(f"the row has no {name!r}", hint="give what the model was trained on")
    return row[name]


def _value(row: Row, name: str) -> Values:
    value = _own(row, name)
    if isinstance(value, str):
        return Values(np.array([0.0 if value else math.nan]), pl.Series([value]))
    return Values(np.array([float(value)]))


def _plain(values: Values) -> float | str:
    code = float(values.data[0])
    if values.levels is None:
        return code
    return "" if math.isnan(code) else str(values.levels[int(code)])
