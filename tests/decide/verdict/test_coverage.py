"""Coverage is the share of truths that lie in their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.verdict.coverage import coverage


def test_coverage_is_the_share_of_truths_between_the_bounds():
    """Bounds count as inside; weights count; whole groups make its interval wider."""
    y = np.array([0.0, 1.0, 2.0, 3.0] * 100)
    found = coverage(np.full(400, 1.0), np.full(400, 3.0), y, seed=1)
    assert (found.share, found.width) == (0.75, 2.0)
    assert found.low < 0.75 < found.high
    weighted = coverage(np.full(400, 1.0), np.full(400, 3.0), y, weight=np.where(y == 0, 3.0, 1.0), seed=1)
    assert weighted.share == pytest.approx(0.5)
    grouped = coverage(np.full(400, 1.0), np.full(400, 3.0), np.sort(y), group=np.arange(400) // 50, seed=1)
    assert grouped.high - grouped.low > found.high - found.low
