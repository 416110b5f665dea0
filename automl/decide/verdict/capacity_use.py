"""How the capacities were kept on test: row by row at a price, and by ranking all rows, as a batch is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.decide.costs.capacity import allot
from automl.decide.costs.cost_matrix import Costs
from automl.decide.policy.expected_cost import choose, costs_of_actions
from automl.decide.policy.shadow_prices import at_prices
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import Evidence, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """An action that so many rows can get, as the spec says it and as a share of the rows.

    `at_price` is the share of the test rows that got it from the graph, which knows one row at a time and takes it
    where it saves more than `price`; `ranked` the share if the test part is ranked as one batch.
    """

    action: str
    most: str
    share: float
    price: float
    at_price: float
    ranked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotted:
    """The limits, and what 1,000 test rows cost either way, without the running cost."""

    limits: tuple[Limited, ...]
    at_price: float
    ranked: float


def allotted(test: Evidence, costs: Costs) -> Allotted | None:
    """Both ways on the test rows; None without capacities.

    Rows with weights stand for others, so they cannot be counted out: they are ranked by prices of their own.
    """
    capacity = costs.capacity
    if capacity is None or test.p is None:
        return None
    expected = test.amounts if test.expected is None else test.expected
    if test.weight is None:
        start = test.decisions if costs.require else None
        ranked = allot(costs_of_actions(test.p, costs, expected), capacity.room(test.n), start)
    else:
        ranked = choose(test.p, at_prices(costs, test.p, expected, test.weight), expected)
    by_action, shares = test.by_action(costs), test.shares
    return Allotted(
        limits=tuple(
            Limited(
                action=costs.actions[action],
                most=text,
                share=capacity.shares[action],
                price=float(capacity.prices[action]),
                at_price=float(np.average(test.decisions == action, weights=shares)),
                ranked=float(np.average(ranked == action, weights=shares)),
            )
            for action, text in capacity.texts.items()
        ),
        at_price=PER * float(np.average(taken(by_action, test.decisions), weights=shares)),
        ranked=PER * float(np.average(taken(by_action, ranked), weights=shares)),
    )
