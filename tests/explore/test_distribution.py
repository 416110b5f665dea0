"""How values lie: every row is counted once, rare levels are not named, whole numbers have whole ranges."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column
from automl.explore.distribution import BINS, distinct, distribution, moment, told


def column(wire: str = "number", least: int = 5) -> Column:
    """A feature of a wire."""
    reader = {"name": "a", "wire": wire, "missing": (), "parser": None}
    return Column(name="a", wire=wire, role="feature", reason="", is_feature=True, reader=reader, min_level=least)


@pytest.mark.parametrize("values", [np.arange(100.0), np.random.default_rng(0).normal(size=99), np.arange(30.0) * 1e9])
def test_each_row_lies_in_one_range(values: np.ndarray) -> None:
    """The counts and what lies beyond are all rows with a value."""
    found = distribution(pl.Series("a", [*values, math.nan]), column())
    assert sum(found.counts) + found.below + found.above == values.size
    assert len(found.edges) == len(found.edge_texts) == len(found.counts) + 1 <= BINS + 1


def test_whole_numbers_have_ranges_of_one_size() -> None:
    """50 numbers in ranges of three: no range has more of them than another, but the last."""
    found = distribution(pl.Series("a", np.repeat(np.arange(50.0), 2)), column())
    assert set(found.counts[:-1]) == {6}


def test_a_few_far_values_do_not_make_a_bar_of_the_rest() -> None:
    """They are counted beyond the histogram."""
    values = [*np.random.default_rng(0).normal(size=999), 1e9]
    found = distribution(pl.Series("a", values), column())
    assert found.above >= 1
    assert max(found.counts) < 300


def test_rare_levels_are_not_named() -> None:
    """A level of fewer rows than `min_level` may point at a person: it is one of the others."""
    found = distribution(pl.Series("a", ["usual"] * 9 + ["me"] * 4 + [""]), column("category"))
    assert (found.names, found.counts, found.others) == (("usual",), (9,), 4)


def test_few_numbers_stand_one_by_one() -> None:
    """In their order, not in that of their rows."""
    found = distribution(pl.Series("a", [2017.0] * 5 + [2015.0] * 7), column())
    assert (found.names, found.counts) == (("2015", "2017"), (7, 5))


def test_missing_is_no_value() -> None:
    """Neither NaN nor an empty text is counted."""
    assert distinct(pl.Series("a", [1.0, math.nan, 1.0])) == 1
    assert distinct(pl.Series("a", ["", "b"])) == 1


def test_numbers_and_moments_are_told_as_people_write_them() -> None:
    """A year has no comma, a large number has, a moment is a day or a second of UTC."""
    assert [told(v) for v in (2015.0, 12000.0, 0.123456789)] == ["2015", "12,000", "0.123457"]
    assert (moment(0), moment(1e6, day=False)) == ("1970-01-01", "1970-01-01 00:00:01")
