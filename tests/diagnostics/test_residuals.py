"""How far numbers are off."""

from __future__ import annotations

import numpy as np
import pytest

from automl.diagnostics.residuals import QUANTILES, residuals


def test_errors_are_told_over_the_predictions():
    """Ten bins whose middle errors are those that were made; half of the rows are under and half over."""
    rng = np.random.default_rng(0)
    prediction = rng.random(10_000)
    found = residuals(prediction + rng.normal(size=10_000) * prediction + 0.5, prediction)
    assert len(found.bins) == 10
    assert sum(one.rows for one in found.bins) == 10_000
    middle = QUANTILES.index(0.5)
    assert found.bins[0].quantiles[middle] == pytest.approx(0.5, abs=0.02)
    spread = [one.quantiles[-1] - one.quantiles[0] for one in found.bins]
    assert spread[-1] > 5 * spread[0]
    assert found.mean == pytest.approx(0.5, abs=0.02)
    assert found.under > 0.7
    assert found.over < 0.3


def test_one_prediction_is_one_bin():
    """A constant has one bin, and weights say which rows count."""
    found = residuals(np.array([0.0, 2.0]), np.ones(2), np.array([3.0, 1.0]))
    assert (len(found.bins), found.under, found.over, found.mean) == (1, 0.25, 0.75, -0.5)
