"""The roles of columns, and why."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from automl.data.read.frames import read_column
from automl.data.rows import Column, finding
from automl.data.schema import drop, infer_schema, with_dates
from automl.errors import SpecError
from automl.spec import Spec, parse

N = 100
RAW = pl.DataFrame(
    {
        "y": [0, 1] * 50,
        "day": ["2024-01-01", "2024-02-01"] * 50,
        "who": [f"c{i % 9}" for i in range(N)],
        "w": [1.0] * N,
        "fee": [0.5] * N,
        "back": [1] * N,
        "age": [20 + i % 40 for i in range(N)],
        "row_id": range(1000, 1000 + N),
        "code": [f"K{i:05}" for i in range(N)],
        "words": [f"the {i}th of many long and honest sentences" for i in range(N)],
        "bytes": [b"x"] * N,
    }
)


def test_roles(make_spec: Callable[..., Spec]) -> None:
    """Each key of [data] gives its role; group, key and weight are no features, the time's date parts are."""
    spec = make_spec(time="day", group="who", weight="w", exclude=["fee"], key="code")
    schema, _ = infer_schema(RAW, spec)
    roles = {column.name: (column.role, column.is_feature) for column in schema.columns}
    assert roles["y"] == ("target", False)
    assert roles["day"] == ("time", True)
    assert roles["who"] == ("group", False)
    assert roles["w"] == ("weight", False)
    assert roles["fee"] == ("excluded", False)
    assert roles["code"] == ("key", False)
    assert [column.name for column in schema.features] == ["day", "back", "age", "words"]
    assert [entry["name"] for entry in schema.reader()["columns"]] == ["day", "back", "age", "words"]  # type: ignore[attr-defined]
    assert all(column.reason for column in schema.columns)


def test_ids_and_text(make_spec: Callable[..., Spec]) -> None:
    """D06: ids by number and by text and nested columns are dropped with a finding each; free text is a feature."""
    schema, findings = infer_schema(RAW, make_spec())
    assert {f.column: (f.check, f.action) for f in findings} == {
        "row_id": ("id", "dropped"),
        "code": ("id", "dropped"),
        "bytes": ("type", "dropped"),
    }
    assert {column.name for column in schema.columns if column.role == "dropped"} == {f.column for f in findings}
    assert [column.name for column in schema.features if column.wire == "text"] == ["words"]


def test_types(make_spec: Callable[..., Spec]) -> None:
    """[data.types] wins over what is seen: an id by word, a category of numbers, an id that is none."""
    spec = make_spec(types={"age": "category", "who": "id", "row_id": "number"})
    schema, _ = infer_schema(RAW, spec)
    wires = {column.name: (column.wire, column.role) for column in schema.columns}
    assert wires["age"] == ("category", "feature")
    assert wires["who"] == ("category", "dropped")
    assert wires["row_id"] == ("number", "feature")


def test_keep(make_spec: Callable[..., Spec]) -> None:
    """D06: data.audit.keep keeps what looks like an id."""
    schema, _ = infer_schema(RAW, make_spec(audit={"keep": ["code"]}))
    assert "code" in [column.name for column in schema.features]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"key": ["cod"]}, "data.key"),
        ({"time": "Day"}, "data.time"),
        ({"group": "whom"}, "data.group"),
        ({"types": {"agee": "number"}}, "data.types"),
        ({"audit": {"keep": ["nothing like it"]}}, "data.audit.keep"),
        ({"objective": {"explain": {"fixed": ["agee"]}}}, "objective.explain.fixed"),
        ({"objective": {"explain": {"words": {"agee": "years"}}}}, "objective.explain.words"),
        ({"objective": {"explain": {"levels": {"agee": {"1": "one"}}}}}, "objective.explain.levels"),
    ],
)
def test_unknown_names(make_spec: Callable[..., Spec], data: dict[str, object], where: str) -> None:
    """A column that is not there is an error of the spec with the nearest name."""
    with pytest.raises(SpecError, match=where) as error:
        infer_schema(RAW, make_spec(**data))
    assert "did you mean" in str(error.value) or "the columns are" in str(error.value)


def test_one_line() -> None:
    """S08: a finding is one line without control characters, whatever a column is called."""
    assert finding("id", "a", "a\nfake\x1b[0m\u202e", "noted").text == "a\\nfake\\x1b[0m\\u202e"


def test_drop(make_spec: Callable[..., Spec]) -> None:
    """Dropped features say why; other columns keep their roles."""
    schema, _ = infer_schema(RAW, make_spec(key="row_id"))
    after = drop(schema, [finding("leak", "age", "too good"), finding("leak", "row_id", "too good")])
    changed = {column.name: (column.role, column.reason) for column in after.columns}
    assert changed["age"] == ("dropped", "too good")
    assert changed["row_id"][0] == "key"


@pytest.mark.parametrize(
    ("more", "feature"),
    [({"time": "day"}, True), ({"time": "day", "unseen_groups": True}, False), ({}, False)],
    ids=["by time", "by time, groups unseen", "by group"],
)
def test_a_group_that_comes_back_is_a_feature(more, feature):
    """Split by time a shop is seen again, and what is its own can be learned; a group kept whole never is."""
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    raw = pl.DataFrame({"shop": ["a", "b"] * 28, "day": days * 2, "y": [0, 1] * 28})
    spec = parse({"objective": {"target": "y"}, "data": {"group": "shop", **more}})
    schema, _ = infer_schema(raw, spec)
    assert next(column for column in schema.columns if column.name == "shop").is_feature is feature


def columns(raw: pl.DataFrame, **data: object) -> dict[str, Column]:
    schema, _ = infer_schema(raw, parse({"objective": {"target": "y"}, "data": data}))
    return {column.name: column for column in schema.columns}


@pytest.mark.parametrize("month", ["name", "number"])
def test_a_date_over_three_columns(month: str) -> None:
    """Year, month (by name or number) and day give a date beside them; what is no date gives none."""
    months = ["January", "July", "December"] if month == "name" else [1, 7, 12]
    raw = pl.DataFrame(
        {"y": [0, 1] * 45, "sale_year": [2015, 2016] * 45, "sale_month": months * 30, "sale_day": [3, 14, 28] * 30}
    )
    schema, found = infer_schema(raw, parse({"objective": {"target": "y"}}))
    assert schema.names[-1] == "sale_date"
    assert schema.columns[-1].wire == "date"
    whole = with_dates(raw, schema)
    assert read_column(schema.columns[-1].reader, whole["sale_date"])[0] == 1420243200e6
    assert [f.check for f in found] == ["date"]
    assert "sale_date" not in columns(raw.with_columns(sale_day=pl.lit(32)))
    assert "sale_date" not in columns(raw, exclude=["sale_month"])


@pytest.mark.parametrize(("said", "least"), [({}, 5), ({"privacy": {"min_level": 2}}, 2), ({"privacy": {}}, 5)])
def test_the_rows_of_a_level(said: dict[str, object], least: int) -> None:
    """`data.privacy.min_level` holds for each column; nothing said is five rows."""
    raw = pl.DataFrame({"c": ["a", "b"] * 10, "x": range(20), "y": [0, 1] * 10})
    assert {column.min_level for column in columns(raw, **said).values()} == {least}
