"""Margins say how a column is distributed, in parts that enough rows share."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.bundle.margins import BINS, LEVELS, bins_of, codes_of, margin
from automl.data.rows import SEEN, Column

NUMBERS = st.lists(st.one_of(st.floats(allow_nan=True, allow_infinity=False), st.integers(-9, 9).map(float)))


def column(wire: str, **more: object) -> Column:
    """A column of a wire."""
    entry = {"name": "x", "wire": wire, "missing": [], "parser": None}
    return Column(name="x", wire=wire, role="feature", reason="a test", is_feature=True, reader=entry, **more)


def series(wire: str, cells: list[object]) -> pl.Series:
    """Its read cells."""
    return pl.Series("x", cells, dtype=pl.String if wire in {"category", "text"} else pl.Float64)


@given(values=NUMBERS, least=st.integers(1, 9), most=st.integers(1, 40))
def test_no_bin_has_fewer_rows_than_a_level_needs(values, least, most):
    """For any numbers: each bin has `least` rows or more, its share is theirs, and its value lies within it."""
    cells = np.array(values, dtype=float)
    found = bins_of(cells, most=most, least=least)
    known = cells[~np.isnan(cells)]
    if len(known) < least:
        assert found is None
        return
    counts = np.bincount(codes_of(known, found), minlength=len(found.shares))
    assert len(found.values) == len(found.shares) == len(found.edges) + 1 <= most
    assert counts.min() >= least
    assert np.allclose(found.shares, counts / len(cells))
    assert codes_of(np.array(found.values), found).tolist() == list(range(len(found.values)))


def test_values_that_many_rows_have_stand_for_their_bin():
    """Forty hours are forty hours; where no value is shared the mean stands, rounded to what can be read."""
    hours = bins_of(np.repeat([20.0, 40.0, 60.0], [30, 300, 30]))
    assert hours.values == (20.0, 40.0, 60.0)
    loose = bins_of(np.random.default_rng(1).uniform(0, 1000, 4000))
    assert len(loose.values) == BINS
    assert all(value == round(value) for value in loose.values)


def test_bins_skip_gaps():
    """A missing cell is in no bin, and counts among the rows."""
    found = bins_of(np.array([np.nan] * 5 + [1.0] * 5))
    assert found.shares == (0.5,)
    assert codes_of(np.array([np.nan, 1.0]), found).tolist() == [-1, 0]
    assert codes_of(np.array([1.0]), None).tolist() == [-1]


def test_shares_of_levels_are_of_all_rows():
    """Gaps count among the rows, the most frequent level comes first, ties go by name, rare ones are not named."""
    cells = series("category", ["b"] * 6 + ["a"] * 6 + ["c"] * 7 + [""] + ["rare"] * 4)
    found = margin(cells, column("category"))
    assert list(found.levels.items()) == [("c", 7 / 24), ("a", 0.25), ("b", 0.25)]
    assert found.missing == 1 / 24


def test_private_columns_name_fewer_levels():
    """The column's own `min_level` holds for levels and for bins."""
    strict = column("category", min_level=7)
    assert set(margin(series("category", ["b"] * 6 + ["c"] * 7), strict).levels) == {"c"}
    numbers = margin(series("number", [float(i) for i in range(21)]), column("number", min_level=7))
    assert min(numbers.bins.shares) >= 7 / 21


def test_there_are_not_more_levels_than_people_read():
    """Of a column of a thousand frequent levels, only the first are kept."""
    cells = series("category", [f"{level}" for level in range(LEVELS + 50) for _ in range(SEEN)])
    assert len(margin(cells, column("category")).levels) == LEVELS


def test_quantiles_skip_gaps():
    """The quantiles are those of the numbers that are there; with none there are none."""
    found = margin(series("number", [float("nan"), 1.0, 2.0, 3.0]), column("number"))
    assert (found.missing, found.quantiles["0.5"]) == (0.25, 2.0)
    empty = margin(series("number", [float("nan")]), column("number"))
    assert (empty.missing, set(empty.quantiles.values())) == (1.0, {None})


def test_of_text_only_the_length_is_kept():
    """Quantiles of the number of words, and no word."""
    found = margin(series("text", ["paid late twice"] * 9 + [""]), column("text"))
    assert (found.missing, found.words["0.5"], found.levels) == (0.1, 3.0, None)


@pytest.mark.parametrize("wire", ["number", "category", "text", "date", "flag"])
def test_no_rows_are_no_error(wire):
    """A margin of nothing has no missing cells and no bins."""
    found = margin(series(wire, []), column(wire))
    assert (found.missing, found.bins) == (0.0, None)
