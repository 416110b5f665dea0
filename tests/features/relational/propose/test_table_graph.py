"""Which side of a relation is unique, which columns are worth aggregating, which values a condition."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.features.relational.definition import Catalog, Relation, TableSchema
from automl.features.relational.propose.table_graph import TableLink, table_graph

N = 100
SAMPLES = {
    "main": pl.DataFrame({"k": ["p", "p", "q", ""] * 25, "row": np.arange(N) * 1.0}),
    "lookup": pl.DataFrame({"k": ["p", "q", ""]}),
    "log": pl.DataFrame(
        {
            "k": ["p", "q"] * 50,
            "id": np.arange(N) * 1.0,
            "code": [f"c{i}" for i in range(N)],
            "kind": ["a"] * 90 + ["b"] * 8 + ["c", ""],
            "x": np.arange(N) / 7,
        }
    ),
}
CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category", "row": "number"}),
        TableSchema(name="lookup", columns={"k": "category"}),
        TableSchema(
            name="log",
            columns={"k": "category", "id": "number", "code": "category", "kind": "category", "x": "number"},
        ),
    ),
    relations=(
        Relation(child="lookup", parent="main", on=(("k", "k"),)),
        Relation(child="log", parent="main", on=(("k", "k"),)),
    ),
)


def test_the_rows_say_which_side_is_a_lookup() -> None:
    """A table with unique keys is looked up; where neither side has them a hidden table stands between."""
    graph = table_graph(CATALOG, SAMPLES)
    assert graph.links == (
        TableLink(parent="lookup", child="main", on=(("k", "k"),)),
        TableLink(parent="keys 0", child="log", on=(("k", "0"),)),
        TableLink(parent="keys 0", child="main", on=(("k", "0"),)),
    )


def test_values_of_a_column_that_is_called_count_are_conditions() -> None:
    """Values are counted, whatever the column is called."""
    log = SAMPLES["log"].rename({"kind": "count", "code": "value"})
    table = TableSchema(name="log", columns={"k": "category", "count": "category", "value": "category"})
    catalog = Catalog(tables=(*CATALOG.tables[:2], table), relations=CATALOG.relations)
    assert table_graph(catalog, {**SAMPLES, "log": log}).frequent == {("log", "count"): ("a", "b")}


def test_ids_are_not_aggregated_and_only_frequent_values_are_conditions() -> None:
    """Numbers and codes that name rows are left out; a value in 5 % of the rows may be a condition."""
    graph = table_graph(CATALOG, SAMPLES)
    assert graph.kinds["log"] == {"k": "key", "kind": "category", "x": "number"}
    assert graph.frequent == {("log", "kind"): ("a", "b")}
