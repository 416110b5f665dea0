"""A catalog with events, shops and main's own past rows, that tests of relational features share."""

from __future__ import annotations

import math

import polars as pl
import pytest

from automl.features.relational.definition import Catalog, Relation, TableSchema


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Events of a customer, each in a shop; the label of a row is known 5 microseconds after its time."""
    return Catalog(
        tables=(
            TableSchema(name="main", columns={"k": "category", "at": "date", "x": "number", "y": "flag"}, time="at"),
            TableSchema(
                name="events",
                columns={"k": "category", "s": "category", "t": "date", "x": "number", "c": "category"},
                time="t",
            ),
            TableSchema(name="shops", columns={"s": "category", "size": "number", "open": "flag"}),
        ),
        relations=(
            Relation(child="events", parent="main", on=(("k", "k"),)),
            Relation(child="shops", parent="events", on=(("s", "s"),)),
        ),
        cutoff="at",
        target="y",
        horizon=5.0,
        history=(("k",),),
    )


@pytest.fixture
def frames() -> dict[str, pl.DataFrame]:
    """Rows of each table in wire types."""
    return {
        "main": pl.DataFrame(
            {"k": ["a", "a", "b"], "at": [10.0, 20.0, 20.0], "x": [1.0, 2.0, 3.0], "y": [1.0, 0.0, math.nan]}
        ),
        "events": pl.DataFrame(
            {
                "k": ["a", "a", "a", "b", ""],
                "s": ["s1", "s2", "s1", "", "s1"],
                "t": [5.0, 12.0, 25.0, 1.0, 1.0],
                "x": [1.0, 3.0, 9.0, math.nan, 7.0],
                "c": ["red", "blue", "red", "red", "red"],
            }
        ),
        "shops": pl.DataFrame({"s": ["s1", "s2"], "size": [10.0, 20.0], "open": [1.0, 0.0]}),
    }
