"""A preamble is told from a header, and a header from rows."""

from __future__ import annotations

import csv

import pytest

from automl.data.read.csv_lines import LeftOut, header_place, lines_above, rows_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a,b\n1,2\n", 0),
        ("a\n1\n2\n", 0),
        ("Sales\na,b\n1,2\n", 1),
        ("Sales\n\nof 2024\na,b\n1,2\n", 3),
        ("Sales,,\n,,\na,b,c\n1,2,3\n", 2),
        ("Sales\na,b\n", 1),
        ("Sales\n,b,c\n0,x,1\n", 1),
        ("Source,Bank of all,\nDate,2020-01-01,\na,b,c,d,e\nx,y,1,2,3\n", 2),
        ("Sales\nname,2019,2020\nx,1,2\n", 0),
        ("a,b\n1,2,3,4,5\n1,2,3,4,5\n", 0),
        ("a,b\nu,v,w,x,y\nu,v,w,x,z\n", 0),
        ("a\n1,2\n3,4\n", 0),
        ("a,,\n1,2,3\n4,5,6\n", 0),
        ("Sales\na,b\n1,2,3\n", 0),
        ("Sales\na,a\n1,2\n", 0),
        ("\n\n", 0),
        ("", 0),
    ],
)
def test_where_the_header_is(text: str, place: int) -> None:
    """Behind lines with hardly a cell filled, above a line as wide; numbers are no names, nor is a short line."""
    assert header_place(list(csv.reader(text.splitlines()))) == place


def test_lines_are_counted_as_in_the_file() -> None:
    """A record of two lines counts two, above the header and where a row is named."""
    lines = ['"Sales\n', 'of all"\n', "a,b\n", "1,2\n", "a,b\n", '3,"x\n', 'y"\n']
    above, records = lines_above(csv.reader(lines))
    assert (above, next(records)) == (2, (3, ["a", "b"]))
    told: list[LeftOut] = []
    assert list(rows_of(csv.reader(lines), told.append)) == [(3, ["a", "b"]), (4, ["1", "2"]), (7, ["3", "x\ny"])]
    assert told == [LeftOut(above=2, repeated=1)]
    assert str(told[0]) == "left out: 2 lines above the header and 1 line as the header is"


def test_a_file_of_rows_alone_is_not_told_of() -> None:
    """Nothing is said where every line below the header is a row."""
    told: list[LeftOut] = []
    assert len(list(rows_of(csv.reader(["a,b\n", "1,2\n"]), told.append))) == 2
    assert told == []
