"""The loss of each row makes the loss of all."""

from __future__ import annotations

import numpy as np
import pytest

from automl.metrics.probability import log_loss
from automl.metrics.row_losses import row_losses

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
