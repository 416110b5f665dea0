"""Proposals that tell nothing on a sample are dropped."""

from __future__ import annotations

import polars as pl

from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Definitions,
    Hop,
    RelationalFeature,
    TableSchema,
)
from automl.features.relational.propose.select import select

PATH = (Hop(table="log", on=(("k", "k"),)),)
CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category"}),
        TableSchema(name="log", columns={"k": "category", "x": "number", "same": "number"}),
    )
)
SAMPLES = {
    "main": pl.DataFrame({"k": ["p", "q", "q"]}),
    "log": pl.DataFrame({"k": ["p", "q", "q"], "x": [1.0, 2.0, 4.0], "same": [5.0, 5.0, 5.0]}),
}


def test_constants_and_copies_go_and_the_limit_holds() -> None:
    """A column of one value and the second of two equal columns are dropped; of the rest the first ones stay."""
    asked = {"mean": "x", "median": "x", "max": "same", "sum": "x", "min": "x"}
    features = tuple(
        RelationalFeature(name=op, expr=Aggregation(op=op, path=PATH, of=Base(column=column)), wire="number")
        for op, column in asked.items()
    )
    definitions = Definitions(catalog=CATALOG, features=features)
    assert [f.name for f in select(definitions, SAMPLES, limit=9, seed=0).features] == ["mean", "sum", "min"]
    assert [f.name for f in select(definitions, SAMPLES, limit=2, seed=0).features] == ["mean", "sum"]
