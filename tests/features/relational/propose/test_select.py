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
    """A column of one value and the second of two equal columns go; a limit leaves simple ones and some others."""
    asked = {"mean": "x", "median": "x", "max": "same", "sum": "x", "min": "x"}
    features = tuple(
        RelationalFeature(name=op, expr=Aggregation(op=op, path=PATH, of=Base(column=column)), wire="number")
        for op, column in asked.items()
    )
    definitions = Definitions(catalog=CATALOG, features=features)
    assert [f.name for f in select(definitions, SAMPLES, limit=9, seed=0).features] == ["mean", "sum", "min"]
    assert [f.name for f in select(definitions, SAMPLES, limit=2, seed=0).features] == ["mean", "min"]


def test_what_is_late_is_not_looked_at() -> None:
    """Once it is late nothing is added to what there is."""
    hops = Aggregation(op="median", path=PATH, of=Base(column="x"))
    simple = Aggregation(op="mean", path=PATH, of=Base(column="x"))
    features = tuple(RelationalFeature(name=e.op, expr=e, wire="number") for e in (hops, simple))
    found = select(Definitions(catalog=CATALOG, features=features), SAMPLES, limit=9, seed=0, late=lambda: True)
    assert [feature.name for feature in found.features] == ["mean"]
