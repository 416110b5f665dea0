"""The reader, value by value."""

from __future__ import annotations

import ast
import json
import math
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl import names
from automl.data.read import reader
from automl.data.read.reader import read_row, read_value

GOLDEN = json.loads((Path(__file__).parent / "reader_golden.json").read_text())
CASES = [(entry["column"], value, expected) for entry in GOLDEN for value, expected in entry["cases"]]
DATE = {"name": "d", "wire": "date", "missing": [], "parser": {"kind": "date", "format": "iso", "zone": "UTC"}}


def column(wire: str, **more: Any) -> dict[str, Any]:
    return {"name": "c", "wire": wire, "missing": [], "parser": None} | more


def same(got: float | str, expected: float | str | None) -> bool:
    if expected is None:
        return isinstance(got, float) and math.isnan(got)
    return type(got) is type(expected) and got == expected


@pytest.mark.parametrize(("entry", "value", "expected"), CASES)
def test_golden(entry: dict[str, Any], value: str, expected: float | str | None) -> None:
    """Each text of the golden table reads as it says there."""
    assert same(read_value(entry, value), expected)


@pytest.mark.parametrize("value", [[1], {"a": 1}, (1,), {1}, b"1", np.array([1]), object()])
@pytest.mark.parametrize("wire", ["number", "category", "date", "flag", "text"])
def test_no_scalar(wire: str, value: object) -> None:
    """D13: a value that is no scalar is an error that names the column, whatever the wire."""
    with pytest.raises(ValueError, match="'c'"):
        read_value(column(wire), value)


def test_date_as_number() -> None:
    """A date in a column of numbers is an error, not a number by chance; as text it is ISO."""
    with pytest.raises(ValueError, match="'c' takes a number"):
        read_value(column("number"), date(2024, 1, 1))
    assert read_value(column("category"), date(2024, 1, 1)) == "2024-01-01"


@given(st.text(), st.sampled_from([entry["column"] for entry in GOLDEN]))
def test_any_text(text: str, entry: dict[str, Any]) -> None:
    """No text makes the reader fail, and what comes out is a finite number, NaN, or a text that UTF-8 can hold."""
    got = read_value(entry, text)
    if isinstance(got, str):
        got.encode()
    else:
        assert math.isnan(got) or math.isfinite(got)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_round_trip(number: float) -> None:
    """A number and its text are one number (D14: subnormals and the largest too)."""
    assert read_value(column("number"), repr(number)) == number
    assert read_value(column("number"), read_value(column("category"), number)) == number


def test_row() -> None:
    """A row gives the reader's columns and nothing else; a missing one is named."""
    entry = {"columns": [column("number", name="a"), column("category", name="b")]}
    assert read_row(entry, {"b": "x", "a": 1, "more": [1]}) == {"a": 1.0, "b": "x"}
    with pytest.raises(KeyError, match="no column 'b'"):
        read_row(entry, {"a": 1})


def test_a_row_has_its_own_names() -> None:
    """A column that is called otherwise inside is found in a row by its own name, and by ours."""
    entry = {"name": "column *", "wire": "number", "missing": [], "parser": None}
    assert (
        read_row({"columns": [entry]}, {"*": "2"}) == read_row({"columns": [entry]}, {"column *": 2}) == {"column *": 2}
    )
    absent = read_row({"columns": [{**entry, "optional": True}]}, {"column": 1})
    assert math.isnan(float(absent["column *"]))
    parts = {"name": "a day", "wire": "date", "missing": [], "parts": ["column *", "m"]}
    parts |= {"parser": {"kind": "date", "format": "%Y %m", "zone": "UTC"}}
    both = [read_row({"columns": [parts]}, {name: 2020, "m": 1}) for name in ("*", "column *")]
    assert both[0] == both[1]
    with pytest.raises(KeyError, match=r"the row has no column '\*'"):
        read_row({"columns": [entry]}, {"column": 1})


def test_stands_alone() -> None:
    """The reader and its parts import the standard library and each other, so that `score.py` can hold their text."""
    parts = ("column_reader", "scalars", "parsers", "dates", "reader")
    for part in ("names", *parts):
        path = Path(names.__file__) if part == "names" else Path(reader.__file__).with_stem(part)
        tree = ast.parse(path.read_text())
        used = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        used += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        others = {name for name in used if name.split(".")[0] not in sys.stdlib_module_names}
        earlier = parts[: parts.index(part)] if part in parts else ()
        assert others <= {"automl.names", *(f"automl.data.read.{name}" for name in earlier)}
