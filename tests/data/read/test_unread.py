"""What is filled and cannot be read is counted; gaps, missing words and sentinels are not."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from automl.data.read.column_reader import ColumnReader, Reader, Wire
from automl.data.read.frames import read_frame, tallies
from automl.data.read.reader import read_value
from automl.data.read.unread import (
    ENOUGH,
    LISTED,
    Tally,
    UnreadWarning,
    added,
    cell_of,
    is_unread,
    listed,
    refusal,
    shown,
    tally,
    told,
    unreadable,
    warn,
)

AGE: ColumnReader = {"name": "age", "wire": "number", "missing": ["?"], "parser": None, "sentinels": [-999.0]}
DAY: ColumnReader = {"name": "day", "wire": "date", "missing": [], "parser": None, "parts": ["year", "month"]}


class NAType:
    """What pandas has for a missing value, by its looks."""


@pytest.mark.parametrize("cell", [None, "", " \t", "?", " ? ", math.nan, NAType(), -999, "-999", "-999.0"])
def test_a_gap_is_not_unread(cell: object) -> None:
    """Nothing, blanks, missing words, NaN, and sentinels as numbers or as text mean that there is no value."""
    assert not is_unread(AGE, cell)


@pytest.mark.parametrize("cell", ["abc", "12,5", "-", "1e999", math.inf, -math.inf])
def test_what_holds_something_is_unread(cell: object) -> None:
    """D03: text that is no number, an infinity as a number or beyond float64."""
    assert is_unread(AGE, cell)


def test_cells_are_found_by_their_column() -> None:
    """A date of several columns holds something only where each of them does; an absent cell of a cost is a gap."""
    assert cell_of(AGE, {"age": 3}) == 3
    assert cell_of({**AGE, "optional": True}, {}) is None
    assert cell_of(DAY, {"year": 2024, "month": "May"}) == "2024 May"
    for gap in (None, "", " "):
        assert cell_of(DAY, {"year": 2024, "month": gap}) is None


def test_a_tally_of_rows() -> None:
    """Of ten cells four were read as NaN, and two of these hold something."""
    found = tally(AGE, 10, ["abc", None, "?", "x"])
    assert found == Tally("number", 6, 2, "abc")
    assert str(found) == "2 of 8 filled cells cannot be read as a number, such as 'abc'"


def test_an_example_is_short() -> None:
    """A cell may be a document."""
    assert shown(" short ") == "short"
    assert shown("x" * 100) == "x" * 40 + "..."


def test_parts_add_up_in_any_order() -> None:
    """A column that one part read is no column that cannot be read, whichever part comes first."""
    one, other = {"a": Tally("number", 0, 30, "x")}, {"a": Tally("number", 1, 5, "y"), "b": Tally("flag", 0, 1, "z")}
    assert added(one, other) == {"a": Tally("number", 1, 35, "x"), "b": Tally("flag", 0, 1, "z")}
    assert added(other, one)["a"][:3] == ("number", 1, 35)
    assert added() == {}
    assert refusal(one)
    assert not refusal(added(one, other))


@pytest.mark.parametrize(
    "cell", ["1e999", "-1e999", "9" * 400, json.loads("1e999"), -math.inf, 10**400, Decimal("1e999")]
)
@pytest.mark.parametrize("wire", ["number", "flag"])
def test_what_no_number_holds_is_unread(cell: object, wire: Wire) -> None:
    """D03: a number beyond all floats is there and cannot be read: no gap, whatever it is written as."""
    column: ColumnReader = {"name": "a", "wire": wire, "missing": (), "parser": None}
    read = read_value(column, cell)
    assert read != read  # noqa: PLR0124  # NaN is not itself
    assert is_unread(column, cell)
    if isinstance(cell, str | float):
        frame, reader = pl.DataFrame({"a": [cell]}), Reader(columns=[column])
        assert tallies(reader, frame, read_frame(reader, frame))["a"].unread == 1


@pytest.mark.parametrize(("read", "unread", "refused"), [(0, ENOUGH, True), (0, ENOUGH - 1, False), (1, 10_000, False)])
def test_a_whole_column_of_some_length_is_refused(read: int, unread: int, *, refused: bool) -> None:
    """From 20 filled cells on, of which not one can be read."""
    assert bool(refusal({"a": Tally("date", read, unread)})) == refused


def test_what_is_told_is_bounded() -> None:
    """A sentence for each column with unread cells, none for others; a message names some and counts the rest."""
    unread = {f"c{place}": Tally("number", 1, place) for place in range(9)}
    sentences = told(unread)
    assert [sentence.split(":")[0] for sentence in sentences] == [f"column 'c{place}'" for place in range(1, 9)]
    assert listed(sentences).endswith("; and 3 more columns")
    assert listed(sentences[:LISTED]).count(";") == LISTED - 1
    assert (listed([]), unreadable([])) == ("", "")
    assert unreadable(["a", "b"]) == "cells cannot be read: 'a', 'b'"


def test_a_warning_points_at_who_called() -> None:
    """It has the place of the caller's caller, and there is none where nothing is to be said."""

    def ours() -> None:
        warn("a cell cannot be read: 'a'")

    with pytest.warns(UnreadWarning, match="such cells count as missing") as caught:
        ours()
    found: Any = caught[0]
    assert found.filename == __file__
    warn("")
