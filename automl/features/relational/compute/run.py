"""Computes relational features for many rows at once, large tables in parts that fit in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from automl.errors import DataError
from automl.features.relational.compute.partition import Deal, Links, Partition, collected, links_of, partition
from automl.features.relational.compute.query_engine import QueryEngine, Values
from automl.features.relational.compute.query_plan import QueryPlan, query_plan
from automl.features.relational.compute.range_aggregates import Floats, Ints
from automl.features.relational.compute.view import keys_here
from automl.features.relational.definition import MAIN, Catalog, Definitions, Hop

PART = 6_000_000  # rows of the largest table that are held at once, roughly


def run(
    definitions: Definitions,
    main: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame | pl.LazyFrame],
    *,
    part: int = PART,
) -> pl.DataFrame:
    """The features of each row of `main`, in its order: Float64 with NaN or String with ``""``, a column each.

    All frames are in wire types and hold `definitions.needs()`; `tables["main"]` has main's own past rows
    where `definitions.history` says so. A row of `tables` counts only strictly before the cutoff of the row of `main`.
    `part` bounds the rows of the largest table that are looked at at once. DataError for a table or column
    that is not there or not in wire types.
    """
    return Opened.of(definitions, main, tables, part=part).values(definitions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Rows of main beside the tables that `run` computes their features from, for several turns of some features each.

    Where all rows are looked at at once, what is sorted in one turn is sorted for the next.
    """

    main: pl.DataFrame
    lazy: Mapping[str, pl.LazyFrame]
    links: Links
    parts: Partition | None  # None: all rows at once
    held: list[QueryEngine] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        definitions: Definitions,
        main: pl.DataFrame,
        tables: Mapping[str, pl.DataFrame | pl.LazyFrame],
        *,
        part: int = PART,
        deal: Deal | None = None,
    ) -> Opened:
        """For the features of `definitions` or some of them; parts and errors are those of `run`.

        With `deal` each row of a table that is larger than a part is read once, and not by each part again.
        """
        check_main(definitions, main)
        lazy = _checked(definitions, tables)
        links = links_of([feature.expr for feature in definitions.features])
        return cls(main=main, lazy=lazy, links=links, parts=partition(main, lazy, links, part, deal))

    def values(self, definitions: Definitions) -> pl.DataFrame:
        """The features of each row of main, in its order."""
        plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
        if self.parts is None:
            engine = self.engine(definitions.catalog)
            computed = at_rows(engine, definitions, plan, self.main)
            engine.leaves.clear()  # of this plan alone
            return computed
        pieces = [
            _compute(definitions, plan, self.main[rows], {**self.lazy, **self.parts.tables(number)}, self.links)
            for number, rows in self.parts.rows.items()
        ]
        return pl.concat(pieces)[np.argsort(np.concatenate([*self.parts.rows.values()]))]

    def engine(self, catalog: Catalog) -> QueryEngine:
        """The tables in memory, sorted as far as they were asked for: of all parts."""
        if not self.held:
            self.held.append(QueryEngine(catalog, collected(self.main, self.lazy, self.links)))
        return self.held[0]


def check_main(definitions: Definitions, main: pl.DataFrame) -> None:
    """DataError where rows to be scored lack a column, or one is not in wire types."""
    _check(definitions.catalog, MAIN, definitions.needs()[MAIN], main.schema, skip=definitions.catalog.late)


def gathered(definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """All rows of the tables that are needed, in memory, with the columns that are needed. DataError as `run`."""
    return {name: frame.collect() for name, frame in _checked(definitions, tables).items()}


def cutoffs(catalog: Catalog, column: Mapping[str, Floats], n: int) -> Floats:
    """The moment before which rows count for each row of main: never after its own time; inf without a cutoff."""
    if catalog.cutoff is None:
        return np.full(n, math.inf)
    time = catalog.table(MAIN).time
    cutoff = column[catalog.cutoff]
    return cutoff if time is None or time == catalog.cutoff else np.fmin(cutoff, column[time])


def _compute(
    definitions: Definitions,
    plan: QueryPlan,
    main: pl.DataFrame,
    lazy: Mapping[str, pl.LazyFrame],
    links: Links,
) -> pl.DataFrame:
    return at_rows(QueryEngine(definitions.catalog, collected(main, lazy, links)), definitions, plan, main)


def at_rows(engine: QueryEngine, definitions: Definitions, plan: QueryPlan, main: pl.DataFrame) -> pl.DataFrame:
    """The features of each row of `main` from tables that `engine` holds."""
    columns = {name: main[name].to_numpy() for name in main.columns if main[name].dtype == pl.Float64}
    place = _Main(engine, main, cutoffs(definitions.catalog, columns, main.height))
    computed = engine.compute(plan, place)
    return pl.DataFrame([v.series(f.name) for v, f in zip(computed, definitions.features, strict=True)])


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


def _checked(definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> dict[str, pl.LazyFrame]:
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
