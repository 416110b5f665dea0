"""Scored rows as bytes: what a CSV holds to the last digit, and what a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from automl.bundle.harmless import BREAKS, FORMULA
from automl.deploy.formats import header, rendered

CELLS = st.one_of(st.text(st.characters(codec="utf-8")), st.none())


def test_lines_have_no_header_and_end_alike() -> None:
    """A chunk is its rows: nothing for missing, quotes where CSV needs them, one kind of line end on every system."""
    frame = pl.DataFrame({"id": ["a", 'b,"c"', None], "p": [0.1, 1e-300, None], "n": [1, -2, None]})
    assert rendered(frame, "csv") == b'a,0.1,1\n"b,""c""",1e-300,-2\n,,\n'


def test_no_rows_are_no_bytes() -> None:
    """An empty chunk adds nothing to a file."""
    assert rendered(pl.DataFrame({"id": []}), "csv") == b""


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(values: list[float]) -> None:
    """A probability that is read again is the one that was scored, infinite ones too."""
    text = rendered(pl.DataFrame({"p": values}, schema={"p": pl.Float64}), "csv").decode()
    assert [float(line) for line in text.splitlines()] == values


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_texts_come_back_whole(rows: list[tuple[str | None, str | None]]) -> None:
    """Separators, quotes, line breaks and any script are read back by a CSV reader as they were written."""
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    text = rendered(frame, "csv").decode()
    assert [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))] == [
        tuple(cell or "" for cell in row) for row in rows
    ]


def test_a_part_of_a_parquet_file_keeps_types() -> None:
    """Whole numbers, missing cells and times are the same when the part is read."""
    frame = pl.DataFrame({"id": [1, None], "p": [0.5, float("nan")], "label": ["ü", None]})
    assert pl.read_ipc(io.BytesIO(rendered(frame, "parquet"))).equals(frame)


def test_the_header_is_a_line() -> None:
    """Names that hold a separator are quoted, and those of a formula get a quote where that is asked."""
    assert header(["id", "a,b", "=x"]) == b'id,"a,b",=x\n'
    assert header(["id", "=x"], excel_safe=True) == b"id,'=x\n"


def test_a_carriage_return_ends_no_line() -> None:
    """V12: a key that holds one is one cell, or what follows it would begin a line, and a formula."""
    frame = pl.DataFrame({"id": ["a\r=1+1"], "p": [0.5]})
    assert rendered(frame, "csv", excel_safe=True) == b'"a\r=1+1",0.5\n'


@given(CELLS)
def test_no_cell_of_a_safe_file_begins_a_formula(cell: str | None) -> None:
    """Whatever a key holds, its cell begins with none of the signs, and loses nothing but gains a quote."""
    frame = pl.DataFrame({"id": [cell]}, schema={"id": pl.String})
    (found,) = next(csv.reader(io.StringIO(rendered(frame, "csv", excel_safe=True).decode(), newline="")), [""])
    assert not found.lstrip().startswith((*FORMULA, *BREAKS))
    assert found.removeprefix("'") == (cell or "").removeprefix("'")
