"""Columns of nothing but plain decimals need no guess of their own."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from automl.data.infer.column_types import guess
from automl.data.infer.plain_numbers import DECIMALS, plain_numbers

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "1", "-2.5", " 3.25 ", "1e3", "1e999", ".5", "5.", "+0.1", "007.5", "20200101", "NA"]),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-999, 99_999_999).map(str),
)


@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=5))
def test_the_short_way_guesses_as_the_long_one(columns):
    """What is found to be plain decimals in all columns at once is what a guess for each column says."""
    raw = pl.DataFrame([pl.Series(f"c{place}", cells, dtype=pl.String) for place, cells in enumerate(columns)])
    for name, numbers in plain_numbers(raw).items():
        assert guess(raw[name]) == DECIMALS
        filled = [float(cell) for cell in raw[name] if cell is not None and cell.strip()]
        assert numbers.drop_nulls().to_list() == filled


def test_who_needs_a_guess():
    """Whole numbers, codes, words and infinities are no plain decimals; empty cells beside decimals are no matter."""
    raw = pl.DataFrame(
        {
            "decimals": ["1.5", None, " 2", ""],
            "whole": ["1", "2", "3", "4"],
            "days": ["20200101", "20200102", "20200103", "20200104"],
            "codes": ["01.5", "02.5", "03.5", "04.5"],
            "words": ["1.5", "2.5", "NA", "3.5"],
            "large": ["1.5", "2.5", "1e999", "3.5"],
            "empty": [None, "", " ", None],
            "^d.*$": ["0.5", "1.5", "2.5", "3.5"],
        },
        schema_overrides={"empty": pl.String},
    )
    found = plain_numbers(raw.with_columns(typed=pl.lit(1.5)))
    assert {name: numbers.to_list() for name, numbers in found.items()} == {
        "decimals": [1.5, None, 2.0, None],
        "^d.*$": [0.5, 1.5, 2.5, 3.5],
    }
