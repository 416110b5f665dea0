"""What is wrong with `[data.tables]` itself is told before a file is read."""

from __future__ import annotations

from typing import Any

import pytest

from automl.data.tables.checks import check_columns, check_tables, routed
from automl.errors import SpecError
from automl.spec import Spec, parse


def spec_of(tables: dict[str, Any], **data: Any) -> Spec:
    return parse({"objective": {"target": "y"}, "data": {"tables": tables, **data}})


def test_tables_that_lead_to_main_are_fine() -> None:
    """A chain of two, and one whose rows are given as a frame."""
    spec = spec_of({"a": {"path": "a.csv", "on": "x"}, "b": {"on": "z", "to": "a"}})
    check_tables(spec, given=["b"])


@pytest.mark.parametrize(
    ("tables", "where", "told"),
    [
        (
            {"a": {"path": "a", "on": "x", "to": "b"}, "b": {"path": "b", "on": "x", "to": "a"}},
            "data.tables.a.to",
            "a cycle: a -> b -> a",
        ),
        ({"a": {"path": "a", "on": "who", "to": "man"}}, "data.tables.a.to", "there is no table 'man'"),
        ({"a": {"path": "a", "on": "who", "to": "qqqq"}}, "data.tables.a.to", "the tables are main, a"),
        ({"a": {"on": "who"}}, "data.tables.a.path", "is missing"),
        ({"main": {"path": "a", "on": "who"}}, "data.tables.main", "the table main is that of"),
        ({"main": {"timezone": "CET", "on": "who"}}, "data.tables.main", "the table main is that of"),
        ({"main": {"on": "who"}}, "data.tables.main", "past rows of main need data.time and data.horizon"),
    ],
)
def test_tables_that_make_no_sense_are_refused(tables: dict[str, Any], where: str, told: str) -> None:
    """D19: circles, unknown tables and half-said ones, with the place in the spec."""
    with pytest.raises(SpecError) as error:
        check_tables(spec_of(tables))
    assert told in str(error.value)
    assert error.value.where == where


@pytest.mark.parametrize(("name", "hint"), [("visit", "did you mean 'visits'?"), ("qqqq", "add [data.tables.qqqq]")])
def test_a_frame_for_no_table_is_refused(name: str, hint: str) -> None:
    """The nearest name, or how to add it."""
    with pytest.raises(SpecError, match="the spec names no table") as error:
        check_tables(spec_of({"visits": {"on": "who", "path": "v.csv"}}), given=[name])
    assert hint in str(error.value)


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"on": "whom"}, "data.tables.visits.on"),
        ({"on": {"who": "whom"}}, "data.tables.visits.on"),
        ({"on": [{"who": "who"}, {"who": "xx"}]}, "data.tables.visits.on"),
        ({"on": "who", "time": "att"}, "data.tables.visits.time"),
        ({"on": "who", "types": {"valu": "number"}}, "data.tables.visits.types"),
        ({"on": "who", "exclude": "valu"}, "data.tables.visits.exclude"),
    ],
)
def test_columns_that_are_not_there_are_told_with_the_nearest(table: dict[str, Any], where: str) -> None:
    """Which table lacks it, where the spec says it, and what may have been meant."""
    known = {"main": ["who", "x"], "visits": ["who", "at", "value"]}
    check_columns(spec_of({"visits": {"on": "who", "time": "at", "path": "v.csv"}}), known)
    with pytest.raises(SpecError, match="did you mean") as error:
        check_columns(spec_of({"visits": {"path": "v.csv", **table}}), known)
    assert error.value.where == where


KNOWN = {"main": ["order", "x"], "orders": ["order", "product"], "products": ["product", "maker"], "makers": ["maker"]}


def test_a_key_two_steps_away_is_found() -> None:
    """The key of products stands in orders, that of makers in products: each is joined there, and that is said."""
    tables = {"orders": {"on": "order"}, "products": {"on": "product"}, "makers": {"on": "maker"}}
    spec, told = routed(spec_of(tables), KNOWN)
    assert [table.to for table in spec.data.tables.values()] == [None, "orders", "products"]
    assert [one.text.partition(":")[0] for one in told] == ["main has no 'product'", "main has no 'maker'"]
    check_columns(spec, KNOWN)


def test_what_is_said_or_could_be_two_ways_is_left_as_it_is() -> None:
    """A key in main is main's, a `to` is kept, and of two tables that have the key none is chosen."""
    known = {**KNOWN, "returns": ["order", "product"]}
    tables = {"orders": {"on": "order"}, "returns": {"on": "order", "to": "orders"}, "products": {"on": "product"}}
    spec, told = routed(spec_of(tables), known)
    assert [table.to for table in spec.data.tables.values()] == [None, "orders", None]
    assert told == []
    with pytest.raises(SpecError, match="the table 'main' has no column 'product'") as error:
        check_columns(spec, known)
    assert error.value.hint == 'orders and returns have it: write to = "orders"'
    assert error.value.where == "data.tables.products.on"


def test_a_wrong_table_is_answered_with_the_one_that_has_the_key() -> None:
    """Where from the key would come, beside a nearest column of the table that was named."""
    spec = spec_of(
        {"orders": {"on": "order"}, "products": {"on": "product"}, "makers": {"on": "maker", "to": "orders"}}
    )
    with pytest.raises(SpecError, match="the table 'orders' has no column 'maker'") as error:
        check_columns(routed(spec, KNOWN)[0], KNOWN)
    assert error.value.hint == 'products has it: write to = "products"'
