"""Rows are sorted once and swept once, whatever ranges go over them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.relational.compute import sweep as module
from automl.features.relational.compute.entropy import entropy, fixed
from automl.features.relational.compute.ranges import Ints
from automl.features.relational.compute.sweep import Questions, middle, sweep

NAN = math.nan


def questions(values: list[float], bounds: list[tuple[int, int]]) -> Questions:
    start, end = np.array(sorted(bounds)).T
    zeros = np.zeros(len(values), dtype=np.int64)
    return Questions(values=np.array(values), block=zeros, inside=np.zeros(len(start), int), start=start, end=end)


def test_each_operation_stands_in_its_row() -> None:
    """In the order asked, whichever are asked."""
    asked = questions([2.0, NAN, 1.0, 1.0], [(0, 4), (0, 1), (1, 2)])
    np.testing.assert_array_equal(
        sweep(["num_unique", "median", "mode"], asked), [[1.0, 2.0, 0.0], [2.0, 1.0, NAN], [2.0, 1.0, NAN]]
    )
    np.testing.assert_array_equal(sweep(["median"], asked), [[2.0, 1.0, NAN]])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), min_size=1, max_size=30))
def test_ranges_are_parted_into_as_few_chains_as_can_be(lengths: list[tuple[int, int]]) -> None:
    """In a chain neither starts nor ends step back; no fewer would do, for there are so many nested ranges."""
    start, end = np.array(sorted((start, start + length) for start, length in lengths)).T
    chains = list(module._chains(end))
    assert sorted(np.concatenate(chains).tolist()) == list(range(len(start)))
    assert all((np.diff(start[chain]) >= 0).all() and (np.diff(end[chain]) >= 0).all() for chain in chains)
    assert len(chains) == _nested(end)


def _nested(end: Ints) -> int:
    """The length of the longest row of ever smaller ends."""
    longest: list[int] = []
    for i, one in enumerate(end):
        longest.append(1 + max((longest[j] for j in range(i) if end[j] > one), default=0))
    return max(longest)


def test_a_window_is_one_chain() -> None:
    """So is a growing history: what is swept grows with the number of windows alone."""
    cutoff = np.arange(5, 50)
    ends = np.concatenate([cutoff, cutoff, cutoff])
    starts = np.concatenate([np.zeros(45, int), cutoff - 2, cutoff - 5])
    assert len(list(module._chains(ends[np.lexsort((ends, starts))]))) == 3


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(1, 50)), max_size=30))
def test_the_highest_score_of_each_moment_is_found(spans: list[tuple[int, int, int]]) -> None:
    """Of all that hold there, 0 where none does."""
    begin, length, score = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    found = module._highest(begin, begin + length, score, 40)
    wanted = [max((s for b, n, s in spans if b <= i < b + n), default=0) for i in range(40)]
    assert found.tolist() == wanted


def test_an_entropy_is_of_counts_alone() -> None:
    """Nats; exactly 0 of one value; near to the last of ten digits what floats give."""
    counts = np.array([3, 2, 2, 1])
    shares = counts / 8
    found = entropy(np.array([8, 8]), np.array([fixed(counts).sum(), fixed(np.array([8]))[0]]))
    np.testing.assert_allclose(found, [-(shares * np.log(shares)).sum(), 0.0], atol=1e-10)
    assert found[1] == 0.0
    assert fixed(np.array([10**8]))[0] > 0  # no overflow


@pytest.mark.parametrize(
    ("low", "high", "result"),
    [(1.0, 2.0, 1.5), (math.inf, math.inf, math.inf), (-math.inf, math.inf, NAN), (-math.inf, 2.0, -math.inf)],
)
def test_the_middle_of_infinities_is_one_of_them_or_none(low: float, high: float, result: float) -> None:
    """Without a warning."""
    np.testing.assert_array_equal(middle(np.array([low]), np.array([high])), [result])
