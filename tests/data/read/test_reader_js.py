"""The reader's JavaScript twin gives what the reader gives."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.data.infer.date_formats import DATE_FORMATS
from automl.data.read import reader
from automl.data.read.reader import read_row

GOLDEN = json.loads((Path(__file__).parent / "reader_golden.json").read_text())
TWIN = Path(reader.__file__).with_suffix(".js")
NODE = shutil.which("node")
RUN = """
import { readFileSync } from "node:fs";
const { readRow } = await import(process.argv[1]);
const cell = (value) => (typeof value === "number" && !Number.isFinite(value) ? null : value);
const told = ([reader, row]) => {
  try {
    return Object.values(readRow(reader, row)).map(cell);
  } catch (error) {
    return `error: ${error.message}`;
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(told)));
"""
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node on this machine to run JavaScript")


def in_javascript(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[Any]:
    """What the twin reads from each row with its reader; NaN is None."""
    command = [str(NODE), "--input-type=module", "-e", RUN, TWIN.as_uri()]
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True, timeout=60)
    found: list[Any] = json.loads(done.stdout, parse_int=float)
    return found


def in_python(column: dict[str, Any], row: dict[str, Any]) -> list[Any]:
    values = read_row({"columns": [column]}, row).values()
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


def test_a_row_has_its_own_names() -> None:
    """A column that is called otherwise inside is found in a row by its own name, and by ours; else it is named."""
    entry = {"name": "column ^a$", "wire": "number", "missing": [], "parser": None}
    rows = ({"^a$": "2"}, {"column ^a$": 2}, {"a": 1})
    told = "error: the row has no column '^a$'"
    assert in_javascript([({"columns": [entry]}, row) for row in rows]) == [[2.0], [2.0], told]
    assert in_javascript([({"columns": [{**entry, "optional": True}]}, {})]) == [[None]]


def test_golden() -> None:
    """Each text of the golden table reads in JavaScript as it says there, to the last bit."""
    cases = [(entry["column"], value, expected) for entry in GOLDEN for value, expected in entry["cases"]]
    found = in_javascript([({"columns": [column]}, {column["name"]: value}) for column, value, _ in cases])
    wrong = [
        (column, value, got)
        for (column, value, expected), got in zip(cases, found, strict=True)
        if got != [expected] or isinstance(got[0], str) != isinstance(expected, str)
    ]
    assert wrong == []


def test_numbers_and_their_texts() -> None:
    """Numbers are the same number and the same text (D14): whole, tiny, huge, subnormal and negative zero."""
    draw = np.random.default_rng(5)
    drawn = draw.normal(size=200) * 10.0 ** draw.integers(-30, 30, 200)
    ends = [
        0.0,
        -0.0,
        1e15,
        1e16,
        1e17,
        123456789012345680.0,
        2.0**62,
        2.0**63,
        1e-4,
        1e-5,
        -1.5e-7,
        5e-324,
        1e308,
        0.1,
    ]
    values: list[Any] = [*drawn.tolist(), *ends, True, False, None, "", 7, -3]
    columns = [{"name": "c", "wire": wire, "missing": [], "parser": None} for wire in ("number", "category", "flag")]
    pairs = [(column, {"c": value}) for column in columns for value in values]
    found = in_javascript([({"columns": [column]}, row) for column, row in pairs])
    wrong = [(row, got) for (column, row), got in zip(pairs, found, strict=True) if got != in_python(column, row)]
    assert wrong == []


def test_rows() -> None:
    """A date of several columns is joined as in Python; a column that is not there and a list are errors by name."""
    date = {"name": "day", "wire": "date", "missing": [], "parts": ["y", "m", "d"]}
    date["parser"] = {"kind": "date", "format": "%Y %b %d", "zone": "UTC"}
    row = {"y": 2015, "m": "July", "d": 1.0}
    good, absent, nested = in_javascript(
        [
            ({"columns": [date]}, row),
            ({"columns": [date]}, {"y": 2015, "m": "July"}),
            ({"columns": [{"name": "c", "wire": "category", "missing": [], "parser": None}]}, {"c": [1]}),
        ]
    )
    assert good == in_python(date, row) == [1435708800000000.0]
    assert "no column 'd'" in absent
    assert "'c'" in nested


@pytest.mark.parametrize("forms", [DATE_FORMATS, ("%Y %m %d", "%d.%m.%Y %H:%M:%S.%f")])
def test_times(forms: tuple[str, ...], written_times: Any) -> None:  # steps that no list's length divides
    """Each date format with each clock and each zone behind it gives the same instant as in Python, or none."""
    parsers = [{"kind": "date", "format": form, "zone": "UTC"} for form in forms]
    columns = [{"name": "t", "wire": "date", "missing": [], "parser": parser} for parser in parsers]
    spoilt = ("{}", "{} soon", "{}.", "{} 10:30", "{}+25:00", "{}-05")
    texts = {text for form in forms for text in [*written_times(form)][::37]}
    pairs = [(c, {"t": how.format(text)}) for c in columns for text, how in zip(sorted(texts), cycle(spoilt))]
    found = in_javascript([({"columns": [column]}, row) for column, row in pairs])
    assert [(c, row) for (c, row), got in zip(pairs, found, strict=True) if got != in_python(c, row)] == []
    exact = [
        (c, text, micros) for c in columns for text, micros in [*written_times(c["parser"]["format"]).items()][::7]
    ]
    found = in_javascript([({"columns": [column]}, {"t": text}) for column, text, _ in exact])
    assert found == [[micros] for _, _, micros in exact]
