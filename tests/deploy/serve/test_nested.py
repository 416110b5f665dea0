"""Rows of other tables, from the server's store or nested in a row."""

from __future__ import annotations

import polars as pl
import pytest

from automl.deploy.serve.nested import ALONE, below, cost_of, nest, unnest
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings
from automl.features.relational.definition import Catalog, Relation, TableSchema

CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"c": "category"}),
        TableSchema(name="orders", columns={"c": "category", "o": "category"}),
        TableSchema(name="items", columns={"o": "category", "n": "number"}),
    ),
    relations=(
        Relation(child="orders", parent="main", on=(("c", "c"),)),
        Relation(child="items", parent="orders", on=(("o", "o"),)),
    ),
    history=(("c",),),
)


def test_taken_apart_and_put_together():
    """Rows within rows become tables, with the columns that join them filled in; `nest` is the way back."""
    row = {
        "c": 1,
        "main": [{"y": 0}],
        "orders": [{"o": "a", "items": [{"n": 1}, {"n": 2}]}, {"o": "b", "c": 2, "items": []}],
    }
    alone, tables = unnest(row, CATALOG)
    assert alone == {"c": 1}
    assert tables == {
        "orders": [{"o": "a", "c": 1}, {"o": "b", "c": 2}],
        "items": [{"n": 1, "o": "a"}, {"n": 2, "o": "a"}],
        "main": [{"y": 0, "c": 1}],
    }
    assert row["orders"][0]["items"] == [{"n": 1}, {"n": 2}]
    whole = nest(alone, tables, CATALOG, most=1)
    assert whole["orders"] == [{"o": "a", "c": 1, "items": [{"n": 1, "o": "a"}]}]
    assert whole["main"] == [{"y": 0, "c": 1}]


def test_rows_of_a_table_that_is_joined_twice_say_their_key():
    """People stand once in the row of a sale, whoever they are in it; none of their keys is guessed."""
    catalog = Catalog(
        tables=(
            TableSchema(name="main", columns={"buyer": "category", "seller": "category"}),
            TableSchema(name="people", columns={"id": "category", "age": "number"}),
        ),
        relations=tuple(Relation(child="people", parent="main", on=(("id", key),)) for key in ("buyer", "seller")),
    )
    row = {"buyer": 1, "seller": 2, "people": [{"id": 1, "age": 30}, {"id": 2, "age": 40}, {"age": 50}]}
    alone, tables = unnest(row, catalog)
    assert tables == {"people": row["people"]}
    assert nest(alone, tables, catalog, most=9)["people"] == row["people"][:2]


def test_what_rows_cost():
    """V07: cells of rows within rows count at every depth, and a row that brings tables of its own counts `ALONE`."""
    plain, deep = {"c": 1, "n": 2}, {"c": 1, "orders": [{"o": 1, "items": [{"n": 1}, {"n": 2}]}, {"o": 2}]}
    assert cost_of([plain, plain], ["orders"]) == 4
    assert cost_of([plain, deep], ["orders"]) == ALONE + 2 + 2 + 3 + 2
    assert cost_of([deep], []) == 2 + 3 + 2
    assert cost_of([], ["orders"]) == 0


def test_tables_below():
    """A customer without orders has no items either; rows of main's own past bring nothing with them."""
    assert below(["orders", "main"], CATALOG) == {"items"}
    assert below(["items"], CATALOG) == set()


def test_no_row():
    """V02: what is no row of another table is refused with its place."""
    with pytest.raises(Refusal) as refused:
        unnest({"c": 1, "orders": [{"o": 1, "items": [3]}]}, CATALOG)
    assert refused.value.where == "row.orders[0].items[0]"


def test_nested_rows_are_scored(shop, serving):
    """Each row is scored with the rows that it brings; without them the answer says which table is wanted."""
    served = serving(shop)
    first = {"customer": "a", "age": 30, "purchases": [{"amount": 5}, {"amount": 2.5}]}
    second = {"customer": "a", "age": 30, "purchases": []}
    assert served.predict(first, second).json()["rows"] == [{"prediction": 37.5}, {"prediction": 30.0}]
    refused = served.predict({"customer": "a", "age": 30})
    assert refused.status_code == 422
    assert "'purchases'" in refused.json()["error"]["what"]
    odd = served.predict(first, {**first, "purchases": [{"price": 1}]})
    assert (odd.status_code, odd.json()["error"]["where"]) == (422, "rows[1]")


def test_the_store_is_read_once(shop, serving, tmp_path):
    """Tables of a folder are found by key; rows nested in a row stand in for them."""
    store = tmp_path / "purchases.parquet"
    pl.DataFrame({"customer": ["a", "a", "b"], "amount": [1.0, 2.0, 4.0]}).write_parquet(store)
    served = serving(shop, Settings(tables={"purchases": str(store)}))
    store.unlink()
    rows = [{"customer": name, "age": 10} for name in "abc"]
    want = [{"prediction": 13.0}, {"prediction": 14.0}, {"prediction": 10.0}]
    assert [served.predict(row).json()["rows"][0] for row in rows] == want
    assert served.predict(*rows).json()["rows"] == want
    assert served.predict({**rows[0], "purchases": []}).json()["rows"] == [{"prediction": 10.0}]


def test_the_example_is_true(shop, serving):
    """The example of several tables is nested, and its answer is what the server gives."""
    served = serving(shop)
    example = served.ask("GET", "/schema").json()["example"]
    assert example["request"]["rows"][0]["purchases"]
    assert served.predict(*example["request"]["rows"]).json()["rows"] == example["answer"]["rows"]
