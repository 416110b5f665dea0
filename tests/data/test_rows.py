"""Columns, schemas, rows and findings are values that stay aligned."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Rows, Schema, finding


def column(name: str, **more) -> Column:
    """A feature that is a number."""
    reader = {"name": name, "wire": "number", "missing": [], "parser": None}
    said = {"wire": "number", "role": "feature", "reason": "a test", "is_feature": True, "reader": reader}
    return Column(name=name, **(said | more))


def test_a_schema_reads_its_features_that_stand_in_rows() -> None:
    """Other roles are in the schema and not in its reader, nor is what comes from other tables."""
    schema = Schema(
        columns=(column("a"), column("y", role="target", is_feature=False), column("sum(b.x)", computed=True))
    )
    assert schema.names == ("a", "y", "sum(b.x)")
    assert [feature.name for feature in schema.features] == ["a", "sum(b.x)"]
    assert [entry["name"] for entry in schema.reader()["columns"]] == ["a"]


def test_a_column_is_read_from_itself_or_from_its_parts() -> None:
    """A date over several columns has the cells of all of them."""
    parts = {"name": "day", "wire": "date", "missing": [], "parser": None, "parts": ["year", "month"]}
    assert column("a").cells == ("a",)
    assert column("day", reader=parts).cells == ("year", "month")


@pytest.mark.parametrize("aligned", [True, False])
def test_rows_are_taken_together(aligned: bool) -> None:  # a parameter
    """Every array that is there follows the index; what is None stays None."""
    three = np.arange(3.0)
    more = {"weight": three + 1, "time": three + 2, "group": np.arange(3), "beside": pl.DataFrame({"fee": three})}
    frame = pl.DataFrame({"x": three})
    rows = Rows(frame=frame, raw=frame, y=three, **(more if aligned else {}))
    taken = rows.take(np.array([2, 0]))
    assert taken.n == 2
    assert taken.frame["x"].to_list() == taken.y.tolist() == taken.raw["x"].to_list() == [2.0, 0.0]
    if aligned:
        assert (taken.weight.tolist(), taken.time.tolist(), taken.group.tolist()) == ([3, 1], [4, 2], [2, 0])
        assert taken.inputs.columns == ["x", "fee"]
        assert taken.inputs["fee"].to_list() == [2.0, 0.0]
    else:
        assert (taken.weight, taken.time, taken.group, taken.beside) == (None, None, None, None)
        assert taken.inputs.columns == ["x"]


def test_a_finding_is_one_line() -> None:
    """S08: without control characters, whatever a column is called; what is said of no more is dropped."""
    said = finding("id", "a", "a\nfake\x1b[0m\u202e\tb")
    assert said.text == "a\\nfake\\x1b[0m\\u202e\\tb"
    assert (said.action, said.evidence) == ("dropped", {})
