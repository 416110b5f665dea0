"""Computes relational features for many rows at once, large tables in parts that fit in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from automl.features.relational.compute.at_rows import at_rows
from automl.features.relational.compute.frame_table import FrameTable, framed
from automl.features.relational.compute.needed import check_main, needed
from automl.features.relational.compute.partition import Deal, Links, Partition, collected, links_of, partition
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import QueryPlan, query_plan
from automl.features.relational.definition import Catalog, Definitions

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
        lazy = needed(definitions, tables)
        links = links_of([feature.expr for feature in definitions.features])
        return cls(main=main, lazy=lazy, links=links, parts=partition(main, lazy, links, part, deal))

    def values(self, definitions: Definitions) -> pl.DataFrame:
        """The features of each row of main, in its order."""
        plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
        if self.parts is None:
            engine = self.engine(definitions.catalog)
            computed = at_rows(engine, definitions, plan, FrameTable(self.main))
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
            self.held.append(QueryEngine(catalog, framed(collected(self.main, self.lazy, self.links))))
        return self.held[0]


def _compute(
    definitions: Definitions,
    plan: QueryPlan,
    main: pl.DataFrame,
    lazy: Mapping[str, pl.LazyFrame],
    links: Links,
) -> pl.DataFrame:
    engine = QueryEngine(definitions.catalog, framed(collected(main, lazy, links)))
    return at_rows(engine, definitions, plan, FrameTable(main))
