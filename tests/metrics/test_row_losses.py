"""The loss of each row makes the loss of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from automl.metrics.probability import log_loss
from automl.metrics.row_losses import logistic, row_losses

Y = np.array([1.0, 0.0, 1.0])


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_the_mean_is_the_log_loss(kind):
    """Whether one column or two hold the probabilities."""
    p = np.array([[0.8], [0.6], [0.1]])
    given = p if kind == "binary" else np.hstack([1 - p, p])
    each = row_losses(given, Y, kind)
    assert each.mean() == pytest.approx(log_loss.function(Y, given, np.ones(3)))
    assert np.argmax(each) == 2


def test_a_probability_of_nothing_is_dear_and_finite():
    """Else one row would be worth more than all others."""
    assert np.isfinite(row_losses(np.array([[0.0]]), np.array([1.0]), "binary")).all()


@given(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 0.3]))
def test_the_loss_of_log_odds_is_numpys(score, y):
    """As `logaddexp` has it, with its derivative; no score overflows, and single precision stays single."""
    loss, slope = logistic(np.array([score]), np.array([y]))
    assert loss[0] == pytest.approx(np.logaddexp(0.0, score) - y * score, abs=1e-12, rel=1e-12)
    assert slope[0] == pytest.approx(expit(score) - y, abs=1e-15)
    single = logistic(np.array([score], dtype=np.float32), np.array([y], dtype=np.float32))
    assert [one.dtype for one in single] == [np.float32, np.float32]
