"""How numbers with words and signs around them are told from codes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from automl.data.infer.column_types import guess
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
