"""Medians, modes, distinct values and entropy of many ranges."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.relational.compute import order_statistics as module
from automl.features.relational.compute.order_statistics import OPS, order_statistics, parts
from automl.features.relational.compute.range_aggregates import Ranges


@settings(max_examples=60)
@given(st.lists(st.sampled_from([math.nan, -1.5, 0.0, 2.0, 2.5]), max_size=12), st.integers(0, 1_000), st.booleans())
def test_each_range_gives_what_its_values_give(values: list[float], seed: int, small: bool) -> None:
    """Equal to Python's own counting, also where only a few rows are looked at at once."""
    rng = np.random.default_rng(seed)
    bounds = np.sort(rng.integers(0, len(values) + 1, (2, 9)), axis=0)
    ranges = Ranges(
        offsets=np.array([0, len(values)]), segment=np.zeros(9, dtype=np.int64), start=bounds[0], end=bounds[1]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS", 3 if small else 1_000)
        found = order_statistics(list(OPS), np.array(values), ranges)
    for i, (start, end) in enumerate(bounds.T):
        rows = values[start:end]
        there = [v for v in rows if not math.isnan(v)]
        counted = Counter("missing" if math.isnan(v) else v for v in rows)
        expected = {
            "median": median(there) if there else math.nan,
            "mode": min(there, key=lambda v: (-there.count(v), v)) if there else math.nan,
            "num_unique": float(len(set(there))) if rows else math.nan,
            "entropy": -sum(c / len(rows) * math.log(c / len(rows)) for c in counted.values()) if rows else math.nan,
        }
        for op, value in expected.items():
            assert found[op][i] == pytest.approx(value, abs=1e-12, nan_ok=True), op


def test_parts_hold_at_most_so_many_rows_or_one_range() -> None:
    """Ranges are looked at side by side while they fit; a long one stands alone."""
    found = list(parts(np.array([2, 2, 9, 0, 1, 3]), 4))
    assert [(part.start, part.stop) for part in found] == [(0, 2), (2, 3), (3, 6)]
