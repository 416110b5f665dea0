"""Golden rows meet synthetic rows of other tables, and no key of a real row is among them."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest

from automl.bundle import golden_tables
from automl.bundle.golden_tables import drawn, read_golden, with_tables
from automl.data.rows import SEEN

GOLDEN = [{"age": str(age)} for age in range(20)]


def test_golden_rows_get_keys_that_no_row_has(related, purchases):
    """Every row gets a key of its own making; the rows of the other table have the same ones."""
    rows, tables = with_tables(GOLDEN, related, seed=1)
    keys = {row["customer"] for row in rows}
    assert [row["age"] for row in rows] == [row["age"] for row in GOLDEN]
    assert not keys & set(purchases["customer"])
    assert {row["customer"] for row in tables["purchases"]} == keys


def test_keys_have_as_many_rows_as_real_ones(related):
    """Real keys have ten rows or one, so do the synthetic ones."""
    _, tables = with_tables(GOLDEN, related, seed=1)
    counts = pl.DataFrame(tables["purchases"]).group_by("customer").len()["len"]
    assert set(counts) == {1, 10}


def test_a_rare_level_stays_out(related, purchases):
    """A kind that fewer than five rows have points at a person; numbers lie between the others."""
    assert purchases["kind"].value_counts().filter(pl.col("kind") == "secret")["count"].item() < SEEN
    _, tables = with_tables(GOLDEN, related, seed=1)
    assert {row["kind"] for row in tables["purchases"]} == {"book"}
    assert {row["value"] for row in tables["purchases"]} <= {"4", "5", "6"}


def test_the_same_seed_draws_the_same(related):
    """R12: golden tables are JSON that depends on data and seed only, and the rows given are left alone."""
    given = [dict(row) for row in GOLDEN]
    first = with_tables(given, related, seed=1)
    assert first == with_tables(GOLDEN, related, seed=1) != with_tables(GOLDEN, related, seed=2)
    assert given == GOLDEN
    json.dumps(first, allow_nan=False)


def test_a_table_of_many_rows_is_cut(related, monkeypatch):
    """Neither one key nor the whole table makes the file long."""
    monkeypatch.setattr(golden_tables, "MOST", 25)
    monkeypatch.setattr(golden_tables, "MOST_EACH", 4)
    _, tables = with_tables(GOLDEN, related, seed=1)
    assert len(tables["purchases"]) <= 25
    assert pl.DataFrame(tables["purchases"]).group_by("customer").len()["len"].max() <= 4


def test_an_empty_table_gives_rows_of_nothing(related, purchases):
    """A table without rows has nothing to draw from: its cells are missing, its keys are there."""
    empty = replace(related, samples={"purchases": purchases.clear()})
    rows, tables = with_tables(GOLDEN[:2], empty, seed=1)
    assert {row["customer"] for row in tables["purchases"]} == {row["customer"] for row in rows}
    assert {row["value"] for row in tables["purchases"]} == {None}


def test_a_row_of_gaps_has_no_key(related):
    """Where every cell of a golden row is missing, its key is missing alike."""
    rows, _ = with_tables([{"age": None}, {"age": ""}, {"age": "3"}], related, seed=1)
    assert [row["customer"] for row in rows[:2]] == [None, ""]
    assert rows[2]["customer"].startswith("key ")


@pytest.mark.parametrize(("customer", "computed"), [("anna", [45.0, 10.0]), ("ben", [10.0, 1.0]), ("cleo", [0.0, 0.0])])
def test_golden_rows_are_read_with_what_is_computed(related, purchases, customer, computed):
    """Behind a row's own columns stand those of the other tables; who bought nothing spent nothing."""
    reader = {"columns": [{"name": "age", "wire": "number", "missing": [], "parser": None}]}
    tables = {"purchases": purchases.to_dicts()}
    found = read_golden(reader, [{"age": "30", "customer": customer}], related.document, tables)
    assert found.columns == ["age", "spent", "times"]
    age, *more = found.row(0)
    assert (age, more) == (30.0, computed)
    assert read_golden(reader, [{"age": "30"}], None, {}).rows() == [(30.0,)]


def test_keys_are_made_and_not_drawn(related):
    """The cells of a key never come from a real row; a date that is read as a key's part may."""
    columns = [
        *related.document["main"]["columns"],
        {"name": "sent", "wire": "date"},
        {"name": "age", "wire": "number"},
    ]
    document = related.document | {"main": {"columns": columns}}
    assert [entry["name"] for entry in drawn(document)] == ["sent", "age"]
