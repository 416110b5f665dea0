"""Definitions go out as JSON and come back; what is not on the closed list is refused."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.errors import BundleError
from automl.features.relational.codec import from_json, to_json
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Condition,
    Definitions,
    Direct,
    Hop,
    Relation,
    RelationalFeature,
    Same,
    TableSchema,
    Transform,
)

CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category", "at": "date", "y": "flag", "x": "number"}, time="at"),
        TableSchema(name="events", columns={"k": "category", "t": "date", "x": "number", "c": "category"}, time="t"),
        TableSchema(name="people", columns={"k": "category", "born": "date"}),
    ),
    relations=(
        Relation(child="events", parent="main", on=(("k", "k"),)),
        Relation(child="people", parent="main", on=(("k", "k"),)),
    ),
    cutoff="at",
    target="y",
    horizon=5.0,
    history=(("k",),),
)
EVENTS = Hop(table="events", on=(("k", "k"),))
PAST = Hop(table="main", on=(("k", "k"),), delay=5.0)
MEAN = Aggregation(op="mean", path=(EVENTS,), of=Base(column="x"), window=7.0, where=Condition(column="c", value="a"))
DEFINITIONS = Definitions(
    catalog=CATALOG,
    features=(
        RelationalFeature(name="mean", expr=MEAN, wire="number"),
        RelationalFeature(
            name="mode", expr=Aggregation(op="mode", path=(EVENTS,), of=Base(column="c")), wire="category"
        ),
        RelationalFeature(
            name="age",
            expr=Direct(hop=Hop(table="people", on=(("k", "k"),)), of=Transform(op="since", of=(Base(column="born"),))),
            wire="number",
        ),
        RelationalFeature(
            name="past", expr=Aggregation(op="percent_true", path=(PAST,), of=Base(column="y")), wire="number"
        ),
        RelationalFeature(name="share", expr=Transform(op="divide", of=(Base(column="x"), MEAN)), wire="number"),
        RelationalFeature(
            name="same day",
            expr=Aggregation(op="count", path=(replace(EVENTS, same=(Same(part="date", here="at", there="t"),)),)),
            wire="number",
        ),
    ),
)


def test_definitions_come_back_as_they_were() -> None:
    """Through JSON text and back nothing changes."""
    assert from_json(json.loads(json.dumps(to_json(DEFINITIONS)))) == DEFINITIONS


def test_the_first_format_is_read() -> None:
    """A bundle of before, whose hops ask for a key alone, opens as ever."""
    plain = replace(DEFINITIONS, features=tuple(f for f in DEFINITIONS.features if f.name != "same day"))
    stored = json.loads(json.dumps(to_json(plain)).replace(', "same": []', ""))
    assert "same" not in json.dumps(stored)
    assert from_json({**stored, "format": 1}) == plain


def _changed(path: tuple[Any, ...], value: Any) -> Any:
    stored = copy.deepcopy(to_json(DEFINITIONS))
    there = stored
    for step in path[:-1]:
        there = there[step]
    there[path[-1]] = value
    return stored


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("format",), 3, "format 3 is not known"),
        (("features", 0, "expr", "aggregation"), "__import__", "there is no operation '__import__'"),
        (("features", 4, "expr", "transform"), "eval", "there is no operation 'eval'"),
        (("features", 0, "expr"), {"python": "1"}, "an expression is one of"),
        (("features", 0, "expr", "path", 0, "table"), "nowhere", "there is no table 'nowhere'"),
        (("features", 0, "expr", "of", "column"), "nothing", "has no column 'nothing'"),
        (("features", 0, "expr", "of", "column"), "c", "mean of values that are category"),
        (("features", 0, "expr", "window"), -1.0, "a window is no length of time"),
        (("features", 0, "expr", "window"), True, "expected a number, got bool"),
        (("features", 0, "expr", "where", 1), 3.0, "compares texts with numbers"),
        (("features", 0, "wire"), "text", "is said to be text, but is number"),
        (("features", 3, "expr", "path", 0, "delay"), 4.0, "'y' of past rows is known only after the horizon"),
        (("features", 4, "expr", "of", 0, "column"), "y", "'y' is not known when a row is scored"),
        (("features", 1, "name"), "mean", "two features are called 'mean'"),
        (("horizon",), None, "'y' of past rows is known only after the horizon"),
        (("cutoff",), None, "one is missing"),
        (("tables", 1, "time"), None, "asks for times"),
        (("tables", 1, "columns", "k"), "number", "are read differently"),
        (("relations", 0, "parent"), "events", "must not form a circle"),
        (("features",), {}, "expected a list"),
    ],
)
def test_what_makes_no_sense_is_refused(path: tuple[Any, ...], value: Any, words: str) -> None:
    """S: a bundle's definitions are data of strangers: each wrong value is a BundleError that names it."""
    with pytest.raises(BundleError, match=words):
        from_json(_changed(path, value))


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*to_json(DEFINITIONS), "of", "path"]), inner, max_size=9)
        ),
        max_leaves=20,
    )
)
def test_any_document_is_refused_with_our_own_error(stored: Any) -> None:
    """No document of another shape gets past the door, and none makes it raise anything else."""
    with pytest.raises(BundleError):
        from_json(stored)


def test_nesting_has_an_end() -> None:
    """A document nested a thousand deep is refused, not followed."""
    expr: dict[str, Any] = {"column": "x"}
    for _ in range(1_000):
        expr = {"transform": "absolute", "of": [expr]}
    with pytest.raises(BundleError, match="nested too deep"):
        from_json(_changed(("features", 0, "expr"), expr))


def test_needs_are_the_columns_that_are_looked_at() -> None:
    """Keys, times, values and conditions of each table, and nothing else."""
    definitions = Definitions(catalog=CATALOG, features=DEFINITIONS.features[:1])
    assert definitions.needs() == {"main": ("k", "at"), "events": ("k", "t", "x", "c")}
    assert not definitions.history
    assert DEFINITIONS.history
