"""Ranges of about as many rows, whatever one value holds of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automl.data.ranges import ranges

COUNTS = st.lists(st.integers(1, 1_000), min_size=1, max_size=60)


@given(counts=COUNTS, most=st.integers(1, 20))
def test_every_value_is_in_one_range(counts: list[int], most: int) -> None:
    """In their order, without a gap, and never more ranges than asked for."""
    found = ranges(np.array(counts), most)
    assert [place for first, last in found for place in range(first, last + 1)] == list(range(len(counts)))
    assert 1 <= len(found) <= most


def test_equal_counts_make_equal_ranges() -> None:
    """As quantiles do."""
    assert ranges(np.ones(1_000, dtype=np.int64), 10) == [(100 * k, 100 * k + 99) for k in range(10)]


def test_a_value_of_most_rows_leaves_the_ranges_to_the_others() -> None:
    """It stands alone, wherever it lies."""
    assert ranges(np.array([5, 5, 1_000, 5, 5, 5]), 5) == [(0, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
    assert ranges(np.array([1_000, 5, 5]), 3) == [(0, 0), (1, 1), (2, 2)]
