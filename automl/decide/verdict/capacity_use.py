"""How the capacities were kept on test: row by row at a price, and by ranking all rows, as a batch is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.policy.capacity import Capacity, allot
from automl.decide.policy.expected_cost import costs_of_actions
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.shadow_prices import with_shadow_prices
from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.decided_rows import DecidedRows, taken

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedAction:
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
class CapacityUse:
    """The limits, and what 1,000 test rows cost either way, without the running cost."""

    limits: tuple[LimitedAction, ...]
    at_price: float
    ranked: float


def capacity_use(test: DecidedRows, policy: LabelPolicy) -> CapacityUse | None:
    """Both ways on the test rows; None without capacities."""
    capacity = policy.capacity
    if capacity is None or test.p is None:
        return None
    ranked = _ranked(test, test.p, policy, capacity)
    by_action, shares = test.by_action(policy.costs), test.shares
    return CapacityUse(
        limits=tuple(
            LimitedAction(
                action=policy.actions[action],
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


def _ranked(test: DecidedRows, p: Floats, policy: LabelPolicy, capacity: Capacity) -> Ints:
    """The action codes [n] of all rows as one batch.

    Rows with weights stand for others, so they cannot be counted out: they are ranked by prices of their own.
    """
    expected = test.amounts if test.expected is None else test.expected
    if test.weight is not None:
        return with_shadow_prices(policy, p, expected, test.weight).choose(p, expected)
    start = test.decisions if policy.require else None
    return allot(costs_of_actions(p, policy.costs, expected), capacity.room(test.n), start)
