"""The k-th smallest of many ranges at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automl.features.relational.compute.wavelet import kth_smallest


@given(st.lists(st.sampled_from([0, 1, 2, 5, 8, 1_000]), min_size=1, max_size=40), st.integers(0, 1_000))
def test_it_is_what_sorting_the_range_gives(rank: list[int], seed: int) -> None:
    """Of any ranges, in any order, and for every k."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, len(rank), 30)
    end = start + 1 + (rng.random(30) * (len(rank) - start)).astype(int)
    k = (rng.random(30) * (end - start)).astype(int)
    found = kth_smallest(np.array(rank), start, end, k)
    assert found.tolist() == [sorted(rank[a:b])[i] for a, b, i in zip(start, end, k, strict=True)]


def test_nothing_asked_is_nothing_found() -> None:
    """Neither without ranges nor without rows is there anything to part."""
    none = np.zeros(0, dtype=np.int64)
    assert kth_smallest(np.array([3, 1]), none, none, none).tolist() == []
    assert kth_smallest(none, none, none, none).tolist() == []
