"""Computes relational features for rows of main that are looked at at once, from tables in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import QueryPlan
from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.values import Values
from automl.features.relational.compute.view import keys_here
from automl.features.relational.definition import MAIN, Catalog, Definitions, Hop


def at_rows(engine: QueryEngine, definitions: Definitions, plan: QueryPlan, main: pl.DataFrame) -> pl.DataFrame:
    """The features of each row of `main` from tables that `engine` holds."""
    columns = {name: main[name].to_numpy() for name in main.columns if main[name].dtype == pl.Float64}
    place = _Main(engine, main, cutoffs(definitions.catalog, columns, main.height))
    computed = engine.compute(plan, place)
    return pl.DataFrame([v.series(f.name) for v, f in zip(computed, definitions.features, strict=True)])


def cutoffs(catalog: Catalog, column: Mapping[str, Floats], n: int) -> Floats:
    """The moment before which rows count for each row of main: never after its own time; inf without a cutoff."""
    if catalog.cutoff is None:
        return np.full(n, math.inf)
    time = catalog.table(MAIN).time
    cutoff = column[catalog.cutoff]
    return cutoff if time is None or time == catalog.cutoff else np.fmin(cutoff, column[time])


@dataclass(frozen=True, slots=True)
class _Main:
    """The rows to be scored."""

    engine: QueryEngine
    frame: pl.DataFrame
    cutoff: Floats
    keys: dict[tuple[Hop, ...], Ints] = field(default_factory=dict)

    def column(self, name: str) -> Values:
        return Values.of(self.frame[name])

    def key(self, path: tuple[Hop, ...]) -> Ints:
        if path not in self.keys:
            self.keys[path] = self.engine.keys(path).of(keys_here(path[0], self.frame, self.engine.catalog))
        return self.keys[path]
