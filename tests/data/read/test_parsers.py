"""Numbers from text, by each parser of the closed list."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.read.parsers import PARSERS, decimal, parsed

EURO = {"decimal": ",", "group": "."}
PARSER: dict[str, Any] = {
    "number": {"kind": "number", **EURO},
    "currency": {"kind": "currency", "symbols": ["$", "EUR"]},
    "percent": {"kind": "percent"},
    "unit": {"kind": "unit", "units": {"weeks": 7, "": 1, "m": 1e6}, "symbols": ["$"]},
    "range": {"kind": "range", "symbols": ["years", "$"]},
    "words": {"kind": "words", "words": {"one": 1, "two": 2}},
    "flag": {"kind": "flag", "true": ["on"], "false": ["off"]},
    "duration": {"kind": "duration"},
}


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        ("number", "1.234,5", 1234.5),
        ("number", "12.34,5", None),  # a group has three digits
        ("currency", "($5.00)", -5.0),
        ("currency", "-$5", -5.0),
        ("currency", "17 EUR", 17.0),
        ("currency", "5 GBP", None),
        ("percent", "12.5 %", 0.125),
        ("percent", "12.5", None),
        ("unit", "3 Weeks", 21.0),
        ("unit", "$1.2M", 1.2e6),
        ("unit", "4", 4.0),
        ("unit", "4 days", None),
        ("range", "31-40 years", 35.5),
        ("range", "(31, 40]", 35.5),
        ("range", "65+", 65.0),
        ("range", "<18", 9.0),
        ("range", "40-31", None),
        ("words", "Two", 2.0),
        ("words", "7", 7.0),
        ("words", "many", None),
        ("flag", "ON", 1.0),
        ("flag", "off", 0.0),
        ("flag", "maybe", None),
        ("duration", "1 days 02:03:04", 93784.0),
        ("duration", "-1 day, 23:59:55", -5.0),
        ("duration", "P1DT2H3M4.5S", 93784.5),
        ("duration", "14:30", 52200.0),
        ("duration", "24:60", None),
    ],
)
def test_each_parser(kind: str, text: str, number: float | None) -> None:
    """What the words of a parser mean, and what it does not know is missing."""
    got = parsed(PARSER[kind], text)
    assert math.isnan(got) if number is None else got == number


def test_the_list_is_closed() -> None:
    """Every kind of parser stands in the table above."""
    assert set(PARSERS) == set(PARSER)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_number_is_its_text(number: float) -> None:
    """Without a parser Python's text of a number is that number."""
    assert parsed(None, repr(number)) == number


@pytest.mark.parametrize("text", ["1_000", "nan", "inf", "0x1f", "1e999", "\u0661", " 1", ""])
def test_what_python_would_take(text: str) -> None:
    """Underscores, words, other digits and what overflows are no numbers here."""
    assert math.isnan(decimal({}, text))
