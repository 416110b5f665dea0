"""The cost of acting on more and more rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.diagnostics.threshold_costs import threshold_costs


def test_its_ends_are_never_and_always(policy, scored):
    """Acting on none costs the misses, on all the false alarms; the least lies near what the policy does."""
    rows = scored(5_000)
    found = threshold_costs(rows, policy)
    assert found[0].acted == 0
    assert found[0].cost == pytest.approx(5_000 * rows.y.mean())
    assert found[-1].acted == pytest.approx(1)
    assert found[-1].cost == pytest.approx(1_000 * (1 - rows.y.mean()))
    least = min(found, key=lambda one: one.cost)
    assert least.acted == pytest.approx((rows.decisions == 1).mean(), abs=0.1)


def test_there_is_none_without_two_actions_or_money(policy, scored):
    """Without probabilities, without costs, or with a third action."""
    rows = scored(100)
    assert threshold_costs(replace(rows, p=None), policy) == ()
    assert threshold_costs(rows, replace(policy, costs=replace(policy.costs, given=False))) == ()
    three = replace(policy.costs, actions=("a", "b", "c"), matrix=np.ones((2, 3)))
    assert threshold_costs(rows, replace(policy, costs=three)) == ()
