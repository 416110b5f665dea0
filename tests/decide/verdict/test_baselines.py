"""The policies that need no model are one action for all rows, or a random draw where there is not room for all."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.baselines import baselines, costs_without_model, rule_within_capacity

ONE = np.ones(4)
BY_ACTION = np.array([[0.0, 1.0], [0.0, 1.0], [5.0, 0.0], [5.0, 2.0]])
"""What passing and acting cost on four rows."""


def policy(actions: tuple[str, ...] = ("no", "yes"), **shares: float) -> LabelPolicy:
    """Actions, some of them with room for a share of the rows."""
    matrix = np.zeros((2, len(actions)))
    costs = CostMatrix(actions=actions, matrix=matrix, cells=BINARY_CELLS, currency="", given=True)
    room = {actions.index(name): share for name, share in shares.items()}
    capacity = Capacity(shares=room, texts={}, prices=np.zeros(len(actions))) if room else None
    return LabelPolicy(costs=costs, capacity=capacity)


def test_without_a_capacity_each_action_is_a_policy():
    """In the order of the actions, and none is mixed."""
    found = baselines(policy())
    assert [(one.name, one.shares, one.mixed) for one in found] == [("no", {0: 1.0}, False), ("yes", {1: 1.0}, False)]


def test_a_limited_action_is_drawn_at_random():
    """Always acting is no policy that anyone could have: so many rows get it, the rest another action."""
    found = baselines(policy(yes=0.25))
    assert [one.name for one in found] == ["no", "'yes' on a random 25% of the rows, else 'no'"]
    assert (found[1].shares, found[1].mixed) == ({1: 0.25, 0: 0.75}, True)


def test_two_limited_actions_are_drawn_alone_and_together():
    """Together they have no more than all rows."""
    found = baselines(policy(("no", "yes", "ask"), yes=0.7, ask=0.6))
    assert [one.shares for one in found] == [
        {0: 1.0},
        {1: 0.7, 0: pytest.approx(0.3)},
        {2: 0.6, 0: 0.4},
        {1: 0.7, 2: pytest.approx(0.3), 0: pytest.approx(0.0)},
    ]


def test_a_limit_of_all_rows_is_none():
    """Then always acting is a policy as ever."""
    assert [one.name for one in baselines(policy(yes=1.0))] == ["no", "yes"]


def test_what_rows_cost_is_what_the_policies_make_of_them():
    """A random draw costs what it costs on average."""
    found = costs_without_model(policy(yes=0.25), BY_ACTION, None, ONE)
    assert found[:, 0].tolist() == [0.0, 0.0, 5.0, 5.0]
    assert found[:, 1].tolist() == [0.25, 0.25, 3.75, 4.25]


def test_the_rule_stands_last_with_its_own_decisions():
    """Where it acts the row costs what acting costs."""
    found = costs_without_model(policy(), BY_ACTION, np.array([0, 1, 0, 1]), ONE)
    assert found[:, 2].tolist() == [0.0, 1.0, 5.0, 2.0]


def test_a_rule_that_acts_on_more_rows_than_can_be_acts_on_some_of_them():
    """It acts on half of the rows and a quarter can be: on a random half of its rows, by weight."""
    by_rule = np.array([0, 1, 0, 1])
    assert rule_within_capacity(policy(yes=0.5), by_rule, ONE) == ("today's rule", 1.0)
    name, share = rule_within_capacity(policy(yes=0.25), by_rule, ONE)
    assert (name, share) == ("today's rule on a random 50% of its rows", 0.5)
    assert costs_without_model(policy(yes=0.25), BY_ACTION, by_rule, ONE)[:, 2].tolist() == [0.0, 0.5, 5.0, 3.5]
    _, share = rule_within_capacity(policy(yes=0.25), by_rule, np.array([3.0, 0.5, 3.0, 1.5]))
    assert share == 1.0
