"""Computes relational features for rows of main that are looked at at once, from tables in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from automl.features.relational.compute.frame_table import series_of
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import QueryPlan
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.table import Table
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import MAIN, Catalog, Definitions, Hop


def at_rows(engine: QueryEngine, definitions: Definitions, plan: QueryPlan, main: Table) -> pl.DataFrame:
    """The features of each row of `main` from tables that `engine` holds, which are of the same kind."""
    computed = engine.compute(plan, _Main(engine, main, cutoffs(definitions.catalog, main)))
    return pl.DataFrame([series_of(f.name, v) for v, f in zip(computed, definitions.features, strict=True)])


def cutoffs(catalog: Catalog, main: Table) -> Floats:
    """The moment before which rows count for each row of main: never after its own time; inf without a cutoff."""
    if catalog.cutoff is None:
        return np.full(main.height, math.inf)
    time = catalog.table(MAIN).time
    cutoff = main.column(catalog.cutoff).data
    return cutoff if time is None or time == catalog.cutoff else np.fmin(cutoff, main.column(time).data)


@dataclass(frozen=True, slots=True)
class _Main:
    """The rows to be scored."""

    engine: QueryEngine
    table: Table
    cutoff: Floats
    keys: dict[tuple[Hop, ...], Ints] = field(default_factory=dict)

    def column(self, name: str) -> Values:
        return self.table.column(name)

    def key(self, path: tuple[Hop, ...]) -> Ints:
        if path not in self.keys:
            self.keys[path] = self.engine.keys(path).of(self.table.keys(path[0], self.engine.catalog))
        return self.keys[path]
