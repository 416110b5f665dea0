"""One table from no row to all rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from automl.diagnostics.ranking import POINTS, ranking


def test_the_area_under_the_points_is_the_auc():
    """Recall over false alarms, with ties between the labels and with weights."""
    rng = np.random.default_rng(0)
    y, p, weight = rng.integers(0, 2, 400).astype(float), rng.random(400).round(2), rng.random(400)
    p = (p + 0.2 * y).round(2)
    found = ranking(y, p, weight)
    area = np.trapezoid([one.recall for one in found], [one.false_alarms for one in found])
    assert area == pytest.approx(roc_auc_score(y, p, sample_weight=weight))
    assert (found[0].acted, found[0].precision) == (0.0, None)
    assert (found[-1].acted, found[-1].recall, found[-1].false_alarms) == pytest.approx((1.0, 1.0, 1.0))


def test_many_rows_have_few_points():
    """At most so many, and none where a label is not there."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 30_000).astype(float)
    assert len(ranking(y, rng.random(30_000))) <= POINTS
    assert ranking(np.zeros(5), rng.random(5)) == ()
    assert ranking(np.zeros(0), np.zeros(0)) == ()
