"""How a capacity was kept is told both ways: row by row at a price, and ranked as one batch."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.capacity_use import capacity_use
from automl.decide.verdict.decided_rows import DecidedRows
from automl.spec.objective import Require

COSTS = CostMatrix(
    actions=("no", "yes"), matrix=np.array([[0.0, 1.0], [5.0, 0.0]]), cells=BINARY_CELLS, currency="", given=True
)
P = np.array([[0.9], [0.8], [0.7], [0.1]])
"""Acting saves 5 p - (1 - p): 4.4, 3.8, 3.2 and -0.4."""
Y = np.array([1.0, 0.0, 1.0, 0.0])


def policy(price: float, **more) -> LabelPolicy:
    """Half of the rows can be acted on."""
    return LabelPolicy(
        costs=COSTS, capacity=Capacity(shares={1: 0.5}, texts={1: "50%"}, prices=np.array([0.0, price])), **more
    )


def decided(made: LabelPolicy, **more) -> DecidedRows:
    return DecidedRows(decisions=made.choose(P), y=Y, p=P, **more)


def test_a_price_and_a_ranking_keep_the_room():
    """A price of 3.5 leaves the first two rows, and so does the ranking: a false alarm and a miss cost 6 of 4 rows."""
    made = policy(3.5)
    found = capacity_use(decided(made), made)
    (limit,) = found.limits
    assert (limit.action, limit.most, limit.share, limit.price) == ("yes", "50%", 0.5, 3.5)
    assert (limit.at_price, limit.ranked) == (0.5, 0.5)
    assert (found.at_price, found.ranked) == (1_500.0, 1_500.0)


def test_a_price_that_is_too_high_leaves_room_which_the_ranking_uses():
    """At 4 only the first row is acted on, and a miss is left; a batch has room for two."""
    made = policy(4.0)
    found = capacity_use(decided(made), made)
    assert (found.limits[0].at_price, found.limits[0].ranked) == (0.25, 0.5)
    assert (found.at_price, found.ranked) == (1_250.0, 1_500.0)


def test_under_a_promise_rows_are_only_taken_away():
    """The ranking begins at the decisions that were promised for."""
    made = policy(4.0, require=Require(precision=0.5))
    found = capacity_use(decided(made), made)
    assert (found.limits[0].at_price, found.limits[0].ranked) == (0.25, 0.25)


def test_rows_with_weights_are_ranked_by_prices():
    """The first row stands for as many as there is room for."""
    made = policy(0.0)
    found = capacity_use(decided(made, weight=np.array([3.0, 1.0, 1.0, 1.0])), made)
    assert found.limits[0].at_price == pytest.approx(5 / 6)
    assert found.limits[0].ranked == pytest.approx(3 / 6)


def test_without_a_capacity_or_probabilities_there_is_nothing_to_tell():
    """Neither limits nor rows to rank."""
    assert capacity_use(decided(policy(0.0)), LabelPolicy(costs=COSTS)) is None
    assert capacity_use(DecidedRows(decisions=np.zeros(4, dtype=np.int64), y=Y), policy(0.0)) is None
