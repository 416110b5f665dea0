"""The kept features for all rows."""

from __future__ import annotations

import polars as pl

from automl.budget import Deadline
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Definitions,
    Hop,
    RelationalFeature,
    TableSchema,
)
from automl.features.relational.parts import TrainAndTest
from automl.search.relational_search.compute_all import AT_ONCE, compute_all
from automl.search.relational_search.share import Share

MAIN = pl.DataFrame({"k": ["p", "q"]})
LOG = pl.DataFrame({"k": ["p", "q", "q"]} | {f"x{j}": [1.0, 2.0, j] for j in range(2 * AT_ONCE)})
WIRES = {name: "category" if name == "k" else "number" for name in LOG.columns}
KEPT = Definitions(
    catalog=Catalog(
        tables=(TableSchema(name="main", columns={"k": "category"}), TableSchema(name="log", columns=WIRES))
    ),
    features=tuple(
        RelationalFeature(
            name=f"x{j}",
            expr=Aggregation(op="max", path=(Hop(table="log", on=(("k", "k"),)),), of=Base(column=f"x{j}")),
            wire="number",
        )
        for j in range(2 * AT_ONCE)
    ),
)
WEIGHT = {f"x{j}": float(j) for j in range(2 * AT_ONCE)}
PARTS = TrainAndTest(train=MAIN, test=MAIN[1:], past_train={"log": LOG}, past_test={"log": LOG})


def computed(seconds: float) -> pl.DataFrame:
    """What is computed in so many seconds of a clock that shows one more each time it is looked at."""
    clock = iter(float(moment) for moment in range(100))
    share = Share(deadline=Deadline(seconds=60.0, start=0.0, clock=clock.__next__), start=0.0, seconds=seconds)
    done = compute_all(KEPT, WEIGHT, PARTS, share, reserve=0.0)
    assert done.train.columns == done.test.columns == [feature.name for feature in done.definitions.features]
    assert done.test.equals(done.train[1:])
    return done.train


def test_all_of_them_in_the_order_of_the_proposals() -> None:
    """With time enough each has its values, for train and for test."""
    assert computed(60.0)["x9"].to_list() == [1.0, 9.0]
    assert computed(60.0).columns == list(WEIGHT)


def test_time_that_runs_out_leaves_the_weightiest() -> None:
    """One turn is computed in any case."""
    assert computed(0.5).columns == list(WEIGHT)[AT_ONCE:]
