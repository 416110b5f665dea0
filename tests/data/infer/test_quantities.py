"""How numbers with words and signs around them are told from codes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from automl.data.infer.column_types import guess
from automl.data.infer.quantities import in_words, spellings
from automl.data.read.frames import read_column


def read(values: list[str]) -> tuple[str, list[Any]]:
    """The wire of a column of `values`, and what is read from the first three."""
    series = pl.Series("x", values)
    found = guess(series)
    assert found is not None
    return found.wire, read_column(found.reader("x"), series)[:3].to_list()


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["$1,200", "-$5", "($3.50)", "$7"], [1200.0, -5.0, -3.5]),
        (["3 weeks", "1 week", "10 days"], [21.0, 7.0, 10.0]),
        (["2 years", "18 months", "1 year"], [730.485, 547.86375, 365.2425]),
        (["16GB", "1TB", "512 MB"], [16384.0, 1048576.0, 512.0]),
        (["5 kg", "500 g", "1.5 kg"], [5000.0, 500.0, 1500.0]),
        (["12 mpg", "30 mpg", "22.5 mpg"], [12.0, 30.0, 22.5]),
        (["1st", "2nd", "23rd"], [1.0, 2.0, 23.0]),
        (["€110.5M", "€300K", "€0"], [110.5e6, 3e5, 0.0]),
        (["1.2k", "300", "2.5k"], [1200.0, 300.0, 2500.0]),
        (["31-40", "41-50", "51-60", "61+"], [35.5, 45.5, 55.5]),
        (["< 1 year", "10+ years", "2 - 3 years", "4 - 5 years"], [0.5, 10.0, 2.5]),
        (["$50,000 - $74,999", "$75,000 - $99,999", "Under $15,000"], [62499.5, 87499.5, 7500.0]),
        (["[0, 10)", "[10, 20)", "[20, 30)"], [5.0, 15.0, 25.0]),
        (["(0.5, 1.5]", "(1.5, 2.5]", "(2.5, 3.5]"], [1.0, 2.0, 3.0]),
        (["four", "six", "twelve", "4"], [4.0, 6.0, 12.0]),
        (["12.5%", "100%", "3 %"], [0.125, 1.0, 0.03]),
        (["1.234,50", "7,25", "1.000.000,00"], [1234.5, 7.25, 1e6]),
    ],
)
def test_numbers(values: list[str], numbers: list[float]) -> None:
    """Amounts, units of one kind, ranges and words are read as numbers."""
    wire, got = read(values)
    assert wire == "number"
    assert got == pytest.approx(numbers)


@pytest.mark.parametrize(
    "values",
    [
        ["02134", "10115", "00501"],  # postcodes
        ["12A", "3B", "7C", "9D"],  # seats
        ["A11", "A12", "A13"],  # codes
        ["40-31", "12-99", "55-02", "60-10"],  # falling: no ranges
        ["3 weeks", "2 apples", "5 kg"],  # units of several kinds
        ["one", "a", "b"],
        [f"555-{i:04}" for i in range(200)],  # telephone numbers
        ["10%", "ten", "20%", "many"],
    ],
)
def test_texts(values: list[str]) -> None:
    """Codes and texts with digits stay what they are."""
    assert read(values)[0] == "category"


SIGNS = ((".", ","), (",", "."))


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        (["$5", "$6"], ["currency", "currency"]),
        (["5 %", "6 %"], ["percent", "percent"]),
        (["5 kg", "6 g"], ["unit", "unit"]),
        (["$5k", "$6M"], ["currency", "unit", "currency", "unit"]),
        (["1-2", "3-4"], ["range", "range"]),
        (["1", "2"], []),
        (["12A", "12B", "13C"], []),
    ],
)
def test_every_spelling_is_tried_with_every_sign(values: list[str], kinds: list[str]) -> None:
    """The likeliest pair of decimal and grouping sign first; plain numbers and codes have nothing around them."""
    found = [parser for _, parser in spellings(pl.Series(values), SIGNS)]
    assert [parser["kind"] for parser in found] == kinds
    assert [parser["decimal"] for parser in found] == sorted((parser["decimal"] for parser in found), reverse=True)


def test_a_unit_that_nobody_knows_is_one_if_it_is_the_only_one() -> None:
    """Behind three numbers at least; with a number in it only where units have one, such as m2."""
    ((reason, parser),) = spellings(pl.Series(["1 mpg", "2 mpg", "3 mpg"]), SIGNS[:1])
    assert (reason, parser["units"]) == ("numbers of mpg", {"mpg": 1.0})
    assert list(spellings(pl.Series(["1 mpg", "2 mpg"]), SIGNS)) == []
    assert list(spellings(pl.Series(["1 mpg", "2 kmh", "3 kn"]), SIGNS)) == []


def test_what_stands_around_ranges_is_taken_out() -> None:
    """The longest word first; where there are too many of them, or too many ranges, these are none."""
    *_, (_, parser) = spellings(pl.Series(["$1 - $5 a year", "$6 - $10 a year"]), SIGNS[:1])
    assert (parser["kind"], parser["symbols"]) == ("range", ["year", "$", "a"])
    assert list(spellings(pl.Series([f"{i}-{i + 1}" for i in range(101)]), SIGNS)) == []
    assert list(spellings(pl.Series(["a b c d e 1-2", "a b c d e 3-4"]), SIGNS)) == []


def test_words_of_numbers_need_another_one() -> None:
    """One may be a name; a text that is neither word nor number makes it no column of numbers."""
    words = in_words(pl.Series(["One", "two", "3"]))
    assert words is not None
    assert words[1]["words"]["two"] == 2
    assert in_words(pl.Series(["one", "3"])) is None
    assert in_words(pl.Series(["one", "two", "many"])) is None
