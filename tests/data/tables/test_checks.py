"""What is wrong with `[data.tables]` itself is told before a file is read."""

from __future__ import annotations

from typing import Any

import pytest

from automl.data.tables.checks import check_columns, check_tables
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
