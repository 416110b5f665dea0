"""What is lost when a column says nothing."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

from automl.diagnostics.importance import importance

RNG = np.random.default_rng(0)
FRAME = pl.DataFrame({"a": RNG.normal(size=2_000), "b": RNG.normal(size=2_000), "c": RNG.normal(size=2_000)})
Y = (2 * FRAME["a"] + FRAME["b"]).to_numpy()


def loss(frame: pl.DataFrame) -> np.ndarray:
    return (Y - (2 * frame["a"] + frame["b"]).to_numpy()) ** 2


def test_what_the_model_uses_most_comes_first():
    """Shuffling loses twice the variance: 8, 2 and nothing; two columns together lose both."""
    later = time.monotonic() + 60
    found = importance(FRAME, [("c",), ("b",), ("a",), ("a", "b")], loss, np.ones(2_000), seed=0, until=later)
    assert [one.columns for one in found] == [("a", "b"), ("a",), ("b",), ("c",)]
    assert [one.loss for one in found] == pytest.approx([10, 8, 2, 0], rel=0.1)
    assert all(one.low <= one.loss <= one.high for one in found)


def test_what_there_is_no_time_for_is_left_out():
    """The first column always has its turn."""
    found = importance(FRAME, [("a",), ("b",)], loss, np.ones(2_000), seed=0, until=time.monotonic() - 1)
    assert [one.columns for one in found] == [("a",)]
