"""Decisions against truths, with the money of each cell."""

from __future__ import annotations

import numpy as np
import pytest

from automl.monitor.look import Crossed
from automl.monitor.money.crossed import MOST, crossed

TRUTHS, ACTIONS = ("none", "minor", "major"), ("run", "inspect")


def test_cells_hold_rows_and_their_part_of_the_saving() -> None:
    """What costs most comes first; empty cells and rows without a label are not there; parts sum to the whole."""
    y = np.array([0.0, 0.0, 2.0, 2.0, 1.0, np.nan])
    decision = np.array([0.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    saved = np.array([5.0, 5.0, 30.0, -400.0, 20.0, np.nan])
    found = crossed(TRUTHS, ACTIONS, y, decision, saved)
    assert found[0] == Crossed(truth="major", decision="run", rows=1, saving=pytest.approx(-80_000.0))
    assert [(one.truth, one.decision, one.rows) for one in found[1:]] == [
        ("none", "run", 2),
        ("minor", "inspect", 1),
        ("major", "inspect", 1),
    ]
    assert sum(one.saving for one in found) == pytest.approx(1_000 * np.nanmean(saved))


def test_without_labels_there_is_no_cell() -> None:
    """Nothing is divided by no row."""
    assert crossed(TRUTHS, ACTIONS, np.full(3, np.nan), np.zeros(3), np.full(3, np.nan)) == ()


def test_of_many_classes_the_worst_cells_are_told() -> None:
    """As many as a page holds."""
    names = [f"c{number}" for number in range(30)]
    y, decision = (each.ravel().astype(float) for each in np.meshgrid(np.arange(30), np.arange(30)))
    found = crossed(names, names, y, decision, decision - y)
    assert len(found) == MOST
    assert (found[0].truth, found[0].decision) == ("c29", "c0")
