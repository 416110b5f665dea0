"""The history of one key answers for any range of its rows as `of_values` does, to the bit."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.relational.compute.aggregations import of_values
from automl.features.relational.compute.folds import FOLDED
from automl.features.relational.compute.key_history import FOLDS, Asked, KeyCache, KeyHistory
from automl.features.relational.compute.order_statistics import OPS
from automl.features.relational.compute.ranges import Floats, Ranges
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import AggregationOp

OF_VALUES: list[AggregationOp] = [op for op in get_args(AggregationOp) if op in FOLDED or op in OPS]
ASKED: list[Asked] = [(op, value) for op in OF_VALUES for value in (0, 1)]
OF_STATES = [(op, value) for op, value in ASKED if op in {"sum", "std", "skew", "trend"}]
OF_ONE = [(op, value) for op, value in ASKED if not value]
NUMBERS = st.one_of(
    st.sampled_from([math.nan, 0.0, -0.0, 1.0, 2.0, 1e200, -1e-200, 1e15, math.inf, -5e-324]),  # ties, extremes
    st.floats(-100, 100),
)


def key_history(*values: Floats) -> KeyHistory:
    """Rows a second apart."""
    folds = {fold: [value for op, value in ASKED if FOLDED.get(op) == fold and value < len(values)] for fold in FOLDS}
    time = np.arange(len(values[0])) * 1e6
    return KeyHistory(time, [Values(of) for of in values], {fold: sorted(set(of)) for fold, of in folds.items()})


def bits(values: list[float]) -> list[str]:
    """Numbers that differ in their last bit, or in their sign alone, differ here."""
    return [value.hex() for value in values]


@settings(max_examples=50)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=40), st.data())
def test_any_range_has_the_bits_of_many(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    """Each operation over some rows of a key, NaN, ties and infinities with them; asked twice, the same again."""
    values = [np.array(column, dtype=np.float64) for column in (zip(*rows, strict=True) if rows else ([], []))]
    held = key_history(*values)
    bounds = st.integers(0, len(rows))
    for low, high in [sorted((data.draw(bounds), data.draw(bounds))) for _ in range(3)]:
        at = Ranges(
            offsets=np.array([0, len(rows)]), segment=np.array([0]), start=np.array([low]), end=np.array([high])
        )
        expected = [float(found[0]) for found in of_values(ASKED, values, at, held.time)]
        for _ in range(2):
            found = [float(value) for value in held.aggregated(ASKED, low, high)]
            assert bits(found) == bits(expected)


def test_the_mode_of_texts_is_a_text() -> None:
    """Of two that are as frequent the first in order; NaN where there is none."""
    codes = Values(np.array([math.nan, 1.0, 0.0]), pl.Series(["blue", "red"]))
    held = KeyHistory(np.zeros(3), [codes], {})
    assert held.aggregated([("mode", 0)], 0, 3) == ["blue"]
    assert held.aggregated([("mode", 0)], 0, 2) == ["red"]
    assert math.isnan(float(held.aggregated([("mode", 0)], 0, 1)[0]))


def test_what_is_remembered_of_ranges_is_bounded() -> None:
    """Cutoff after cutoff over one key does not fill the memory."""
    held = key_history(np.arange(500.0))
    for high in range(500):
        assert held.aggregated([("sum", 0)], 0, high) == [sum(range(high))]
    assert len(held.results) <= 64


def test_the_cache_keeps_the_keys_asked_for_last() -> None:
    """Within its bound; one key stays, however long its history is."""
    made: list[str] = []

    def get(name: str) -> KeyHistory:
        def make() -> KeyHistory:
            made.append(name)
            return key_history(np.arange(10.0))

        return cache.get(name, make)

    cache = KeyCache(most=2 * key_history(np.arange(10.0)).cells)
    for name in "abac":  # c takes the place of b
        get(name)
    assert made == ["a", "b", "c"]
    get("a")
    get("b")
    assert made == ["a", "b", "c", "b"]
    cache = KeyCache(most=0)
    assert get("d") is get("d")


def test_blocks_are_added_to() -> None:
    """A history with further rows keeps the blocks of the first ones, and has the bits of one made anew."""
    values = np.random.default_rng(0).normal(100, 30, 300)
    for first in (0, 1, 64, 255, 299, 300):
        cache = KeyCache()
        cache.get("k", lambda n=first: key_history(values[:n])).aggregated([("std", 0)], 0, first)  # type: ignore[misc]
        longer = cache.continued().get("k", lambda: key_history(values))
        assert longer.before["moments", 0].rows == first
        assert longer.aggregated(OF_ONE, 17, 300) == key_history(values).aggregated(OF_ONE, 17, 300)
    other = cache.continued().get("k", lambda: key_history(values[::-1].copy()))
    assert not other.before


def test_what_is_missing_among_added_rows_is_noticed() -> None:
    """Blocks of rows that lack nothing know no missing value, and those of several values together do not grow."""
    values = np.random.default_rng(1).normal(100, 30, (2, 90))
    holed = values.copy()
    holed[0, 80] = np.nan
    cache = KeyCache()
    cache.get("k", lambda: key_history(*values[:, :70])).aggregated([("skew", 0), ("trend", 1)], 0, 70)
    longer = cache.continued().get("k", lambda: key_history(*holed))
    assert longer.before
    anew = key_history(*holed)
    assert longer.aggregated(OF_STATES, 3, 90) == anew.aggregated(OF_STATES, 3, 90)


def test_threads_share_a_history() -> None:
    """Whoever asks first, all get the same."""
    held = key_history(np.arange(300.0) % 7)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda high: held.aggregated([("std", 0), ("median", 0)], 0, high), [300, 200] * 50))
    alone = key_history(np.arange(300.0) % 7)
    expected = [alone.aggregated([("std", 0), ("median", 0)], 0, high) for high in (300, 200)]
    assert found == expected * 50
