"""A metric by groups of rows."""

from __future__ import annotations

import numpy as np
import pytest

from automl.metrics import get
from automl.metrics.groups import Group, by_group


def test_each_group_has_its_own_value():
    """Recall of two groups by hand; a missing cell is a group too; weights count."""
    y = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    decided = np.array([1.0, 0.0, 1.0, 1.0, 1.0, 0.0])[:, None]
    cells = ["f", "f", "m", "m", "m", None]
    found = by_group(get("recall"), cells, y, decided)
    assert found == (
        Group(name="(missing)", value=0.0, rows=1),
        Group(name="f", value=0.5, rows=2),
        Group(name="m", value=1.0, rows=3),
    )
    weighted = by_group(get("recall"), cells, y, decided, np.array([3.0, 1.0, 1.0, 1.0, 1.0, 1.0]))
    assert weighted[1].value == pytest.approx(0.75)


def test_a_group_without_the_positive_label_has_no_recall():
    """There is nothing to recall there."""
    (only,) = by_group(get("recall"), ["f", "f"], np.zeros(2), np.ones((2, 1)))
    assert only.value is None
