"""Featuretools proposes, in our words, what the tables can give."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.errors import SpecError
from automl.features.relational.check import check
from automl.features.relational.codec import from_json, to_json
from automl.features.relational.compute.run import run
from automl.features.relational.definition import Aggregation, Catalog, Definitions, Relation, TableSchema, hops
from automl.features.relational.propose.featuretools import propose

DAY = 86_400e6
N = 400


@pytest.fixture(scope="module")
def samples() -> dict[str, pl.DataFrame]:
    """Orders (main) of customers; events of customers, with shops; products by a link table; past orders."""
    rng = np.random.default_rng(0)
    people = [f"p{i}" for i in range(40)]
    return {
        "main": pl.DataFrame(
            {
                "customer": rng.choice(people, N),
                "at": 20_000 * DAY + DAY * rng.integers(0, 300, N),
                "amount": rng.lognormal(size=N),
                "late": (rng.random(N) < 0.3).astype(float),
            }
        ),
        "customers": pl.DataFrame(
            {"customer": people, "born": rng.normal(0, 3000, 40) * DAY, "city": rng.choice(["a", "b", "c"], 40)}
        ),
        "events": pl.DataFrame(
            {
                "id": np.arange(3_000.0),
                "who": rng.choice(people, 3_000),
                "t": 20_000 * DAY + DAY * rng.random(3_000) * 300,
                "amount": rng.lognormal(size=3_000),
                "kind": rng.choice(["buy", "buy", "view"], 3_000),
                "gift": (rng.random(3_000) < 0.2).astype(float),
            }
        ),
        "items": pl.DataFrame({"id": rng.integers(0, 3_000, 6_000).astype(float), "price": rng.lognormal(size=6_000)}),
    }


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog(
        tables=(
            TableSchema(
                name="main",
                columns={"customer": "category", "at": "date", "amount": "number", "late": "flag"},
                time="at",
            ),
            TableSchema(name="customers", columns={"customer": "category", "born": "date", "city": "category"}),
            TableSchema(
                name="events",
                columns={
                    "id": "number",
                    "who": "category",
                    "t": "date",
                    "amount": "number",
                    "kind": "category",
                    "gift": "flag",
                },
                time="t",
            ),
            TableSchema(name="items", columns={"id": "number", "price": "number"}),
        ),
        relations=(
            Relation(child="customers", parent="main", on=(("customer", "customer"),)),
            Relation(child="events", parent="main", on=(("who", "customer"),)),
            Relation(child="items", parent="events", on=(("id", "id"),)),
        ),
        cutoff="at",
        target="late",
        horizon=7 * DAY,
        history=(("customer",),),
    )


@pytest.fixture(scope="module")
def proposed(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> Definitions:
    return propose(catalog, samples, limit=300, seed=1)


def test_lookups_histories_levels_and_the_past_are_proposed(proposed: Definitions) -> None:
    """A lookup's column and age, a history with windows and conditions, two levels, past labels, comparisons."""
    names = {feature.name for feature in proposed.features}
    assert {
        "customers[customer].city",
        "since(customers[customer].born)",
        "count(events by customer = who)",
        "mean(events.amount by customer = who, last 30 days)",
        "count(events by customer = who, where kind = buy)",
        "percent_true(events.gift by customer = who)",
        "sum(events.items.price by customer = who by id)",
        "mean(events.count(items by id) by customer = who)",
        "percent_true(main.late by customer)",
        "(amount / mean(events.amount by customer = who))",
    } <= names


def test_proposals_are_sound_data(proposed: Definitions, samples: dict[str, pl.DataFrame]) -> None:
    """They pass the check, come back from JSON, and compute: no constant, no copy among them."""
    check(proposed)
    assert from_json(to_json(proposed)) == proposed
    values = run(proposed, samples["main"], samples)
    assert min(column.n_unique() for column in values) > 1
    assert len({column.to_list().__repr__() for column in values}) == values.width


def test_past_labels_wait_for_the_horizon(proposed: Definitions, catalog: Catalog) -> None:
    """Whatever looks at labels of past rows hops with the delay of the horizon."""
    late = [f.expr for f in proposed.features if "main.late" in f.name]
    assert late
    assert {hop.delay for expr in late for hop in hops(expr) if hop.table == "main"} == {catalog.horizon}


def test_the_simple_comes_first_and_the_limit_holds(
    catalog: Catalog, samples: dict[str, pl.DataFrame], proposed: Definitions
) -> None:
    """With room for five features each way through the tables has its turn, and a nested one has none."""
    few = propose(catalog, samples, limit=5, seed=1)
    assert few.features[:3] == proposed.features[:3]
    assert len({hop.table for f in few.features for hop in hops(f.expr)}) >= 3
    assert not any(isinstance(f.expr, Aggregation) and isinstance(f.expr.of, Aggregation) for f in few.features)


def test_no_two_features_have_one_name(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """A name that a column of main has, as people may call it, gets a number."""
    first = propose(catalog, samples, limit=6, seed=0)
    taken = [feature.name for feature in first.features[::2]]
    again = propose(catalog, samples, limit=6, seed=0, taken=taken)
    names = [feature.name for feature in again.features]
    assert names[::2] == [f"{name} 2" for name in taken]
    assert names[1::2] == [feature.name for feature in first.features[1::2]]
    assert [feature.expr for feature in again.features] == [feature.expr for feature in first.features]


@pytest.mark.parametrize("unique", [True, False])
def test_keys_two_steps_away_give_features(unique: bool) -> None:
    """Main has an order (one or many rows for it), the order a product, the product a maker: each step is looked up."""
    rng = np.random.default_rng(0)
    at = 20_000 * DAY + DAY * rng.integers(0, 300, N)
    every = np.arange(N) if unique else rng.integers(0, 40, N)
    samples = {
        "main": pl.DataFrame({"order": [f"o{i}" for i in rng.permutation(every)], "at": at + 400 * DAY}),
        "orders": pl.DataFrame(
            {"order": [f"o{i}" for i in every], "product": [f"p{i}" for i in rng.integers(0, 30, N)], "t": at}
        ),
        "products": pl.DataFrame(
            {"product": [f"p{i}" for i in range(30)], "price": rng.lognormal(size=30), "since": DAY * rng.random(30)}
        ),
    }
    wires = {"order": "category", "product": "category", "price": "number", "at": "date", "t": "date", "since": "date"}
    tables = tuple(
        TableSchema(
            name=name,
            columns={column: wires[column] for column in frame.columns},  # type: ignore[misc]  # one of the wires
            time="t" if name == "orders" else None,
        )
        for name, frame in samples.items()
    )
    relations = (
        Relation(child="orders", parent="main", on=(("order", "order"),)),
        Relation(child="products", parent="orders", on=(("product", "product"),)),
    )
    found = propose(Catalog(tables=tables, relations=relations, cutoff="at"), samples, limit=300, seed=0)
    names = {feature.name for feature in found.features}
    if unique:
        assert {"orders[order].products[product].price", "since(orders[order].products[product].since)"} <= names
    else:
        ways = {"mean(orders.products[product].price by order)", "last(orders.products[product].price by order)"}
        assert ways <= names


def test_the_latest_row_comes_first(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """Of a history the latest row before the cutoff, column by column, and its age; then counts and sums."""
    only = replace(catalog, relations=catalog.relations[1:2], horizon=None, history=(), target=None)
    found = [feature.name for feature in propose(only, samples, limit=9, seed=1).features]
    first = {f"last(events.{column} by customer = who)" for column in ("amount", "kind", "gift")}
    assert set(found[:3]) == first
    assert found.index("time_since_last(events by customer = who)") < found.index("count(events by customer = who)")


def test_no_label_is_history_without_a_horizon(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """Without `horizon` past rows give their numbers, never their labels."""
    found = propose(replace(catalog, horizon=None), samples, limit=300, seed=1)
    assert any("main.amount" in f.name for f in found.features)
    assert not any("late" in f.name for f in found.features)


def test_relations_in_a_circle_are_refused(catalog: Catalog, samples: dict[str, pl.DataFrame]) -> None:
    """D19: events hang on items and items on events: no order to compute them in."""
    circle = (*catalog.relations[2:], Relation(child="events", parent="items", on=(("id", "id"),)))
    with pytest.raises(SpecError, match="must not form a circle"):
        propose(replace(catalog, relations=circle), samples, limit=5, seed=1)


def test_running_definitions_loads_no_featuretools() -> None:
    """What ships computes features without Featuretools, pandas or what trains."""
    script = (
        "import sys; import automl.features.relational.compute.run, automl.features.relational.row_store, "
        "automl.features.relational.codec; "
        "print([m for m in ('featuretools', 'pandas', 'sklearn', 'scipy', 'woodwork') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"
