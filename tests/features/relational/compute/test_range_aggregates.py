"""Blocks that fold give what each range gives on its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.relational.compute.range_aggregates import comoments, extremes, moments, sums
from automl.features.relational.compute.ranges import Ranges

LENGTHS = st.lists(st.integers(0, 20), min_size=1, max_size=5)


def _ranges(lengths: list[int], rng: np.random.Generator) -> Ranges:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    segment = rng.integers(0, len(lengths), 12)
    bounds = np.sort(rng.random((2, 12)) * (np.array(lengths)[segment] + 1), axis=0).astype(np.int64)
    return Ranges(
        offsets=offsets, segment=segment, start=offsets[segment] + bounds[0], end=offsets[segment] + bounds[1]
    )


@settings(max_examples=60)
@given(LENGTHS, st.integers(0, 1_000))
def test_folds_equal_numpy_on_each_range(lengths: list[int], seed: int) -> None:
    """Sums, extremes, moments and comoments of every range equal a plain computation."""
    rng = np.random.default_rng(seed)
    ranges = _ranges(lengths, rng)
    values = np.where(rng.random((sum(lengths), 2)) < 0.2, np.nan, rng.normal(100, 5, (sum(lengths), 2)))
    x = rng.normal(size=sum(lengths))
    folded = {fold.__name__: fold(values, ranges) for fold in (sums, extremes, moments)}
    together = comoments(x, values, ranges)
    for i, (start, end) in enumerate(zip(ranges.start, ranges.end, strict=True)):
        for column in range(2):
            there = ~np.isnan(values[start:end, column])
            some, at = values[start:end, column][there], x[start:end][there]
            assert folded["sums"][0][i, column] == len(some)
            np.testing.assert_allclose(folded["sums"][1][i, column], some.sum(), rtol=1e-12)
            if not len(some):
                assert np.isnan(folded["extremes"][0][i, column])
                continue
            assert folded["extremes"][0][i, column] == some.min()
            assert folded["extremes"][1][i, column] == some.max()
            away = some - some.mean()
            expected = [len(some), some.mean(), (away**2).sum(), (away**3).sum()]
            np.testing.assert_allclose([m[i, column] for m in folded["moments"]], expected, rtol=1e-10, atol=1e-9)
            np.testing.assert_allclose(together[4][i, column], (away * at).sum(), rtol=1e-9, atol=1e-9)


def test_small_ranges_keep_their_digits_behind_huge_values() -> None:
    """A range next to values of 1e15 has the sum and the spread of its own values: no prefix sums."""
    values = np.array([1e15, 3.0, 3.0, 3.0, -1e15, 1e15, 1.0, 2.0])[:, None]
    ranges = Ranges(
        offsets=np.array([0, 8]), segment=np.zeros(2, dtype=np.int64), start=np.array([1, 6]), end=np.array([4, 8])
    )
    assert sums(values, ranges)[1].ravel().tolist() == [9.0, 3.0]
    assert moments(values, ranges)[2].ravel().tolist() == [0.0, 0.5]


def test_bits_depend_on_the_segment_alone() -> None:
    """A key's rows give the same bits wherever they lie, so one row alone equals many at once."""
    rng = np.random.default_rng(0)
    own = rng.normal(size=(13, 1))
    alone = Ranges(offsets=np.array([0, 13]), segment=np.array([0]), start=np.array([2]), end=np.array([12]))
    for before in range(6):
        values = np.concatenate([rng.normal(size=(before, 1)), own])
        ranges = Ranges(
            offsets=np.array([0, before, before + 13]),
            segment=np.array([1]),
            start=np.array([before + 2]),
            end=np.array([before + 12]),
        )
        assert [m.tobytes() for m in moments(values, ranges)] == [m.tobytes() for m in moments(own, alone)]


def test_what_is_too_large_is_infinite_without_a_warning() -> None:
    """V02: two amounts near the largest number, as a client may send them, are no bug of the server."""
    zero, end = np.zeros(1, dtype=np.int64), np.array([2])
    ranges = Ranges(offsets=np.array([0, 2]), segment=zero, start=zero, end=end)
    huge = np.array([[1.7e308], [1.7e308]])
    assert np.isinf(sums(huge, ranges)[1]).all()
    moments(huge, ranges)
    comoments(np.array([1.0, 2.0]), huge * np.array([[1.0], [-1.0]]), ranges)


def test_distinct_ranges_are_in_order_and_the_empty_are_one() -> None:
    """Each range knows which of them it is."""
    ranges = Ranges(
        offsets=np.array([0, 4, 9]),
        segment=np.array([1, 0, 1, 0, 1, 1]),
        start=np.array([4, 1, 7, 1, 4, 6]),
        end=np.array([8, 3, 7, 1, 8, 8]),
    )
    once, which = ranges.distinct()
    assert list(zip(once.segment, once.start, once.end, strict=True)) == [(0, 0, 0), (0, 1, 3), (1, 4, 8), (1, 6, 8)]
    assert which.tolist() == [2, 1, 0, 0, 2, 3]
