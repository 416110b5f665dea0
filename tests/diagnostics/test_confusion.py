"""What was decided against what came true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.diagnostics.confusion import confusion


def test_the_money_of_all_cells_is_that_of_the_verdict(policy, scored):
    """Rows add up to 1,000, costs to what 1,000 rows cost; without costs there is no money."""
    rows = scored(3_000, weight=np.random.default_rng(2).random(3_000))
    found = confusion(rows, policy, ("good", "bad"))
    assert [(one.truth, one.action) for one in found] == [
        ("good", "good"),
        ("good", "bad"),
        ("bad", "good"),
        ("bad", "bad"),
    ]
    assert sum(one.rows for one in found) == pytest.approx(1_000)
    paid = np.where(rows.y == 1, 5.0 * (rows.decisions == 0), 1.0 * (rows.decisions == 1))
    assert sum(one.cost for one in found) == pytest.approx(1000 * np.average(paid, weights=rows.weight))
    free = replace(policy, costs=replace(policy.costs, given=False))
    assert {one.cost for one in confusion(rows, free, ("good", "bad"))} == {None}
