"""Kept promises lie on the diagonal, broken ones off it."""

from __future__ import annotations

import numpy as np
import pytest

from automl.diagnostics.reliability import reliability, wilson


def test_calibrated_probabilities_are_kept():
    """In each bin the promised share lies in the interval of what came true, nearly always; all rows are in a bin."""
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    found = reliability((rng.random(20_000) < p).astype(float), p)
    assert sum(one.rows for one in found) == 20_000
    assert sum(one.low <= one.promised <= one.high for one in found) >= 9
    broken = reliability((rng.random(20_000) < p**3).astype(float), p)
    assert sum(one.low <= one.promised <= one.high for one in broken) <= 2


def test_equal_probabilities_stay_together():
    """Three values give three bins at most, however many are asked for; without rows there is none."""
    p = np.repeat([0.1, 0.2, 0.9], 50)
    assert [round(one.promised, 9) for one in reliability(np.zeros(150), p)] == [0.1, 0.2, 0.9]
    assert reliability(np.zeros(0), np.zeros(0)) == ()


def test_weights_count_rows():
    """A row of weight 3 moves the share as three do."""
    y, p = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    (one,) = reliability(y, p, np.array([3.0, 1.0]))
    assert one.share == 0.75
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
