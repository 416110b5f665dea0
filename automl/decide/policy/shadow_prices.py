"""Prices that keep a capacity: what an action must save at least, so that it is not taken on more rows than it can be.

In a batch the rows are known and are ranked (`capacity.allot`); one row at a time a price keeps the rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Prepared
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import CostMatrix
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.expected_cost import costs_of_actions
from automl.decide.policy.label_policy import LabelPolicy
from automl.errors import SpecError
from automl.spec.objective import CapacityLimit, Objective
from automl.spec.units import Rate, write_capacity

Floats = NDArray[np.float64]
WHERE = "objective.capacity"
TIE = 1e-9  # of the largest saving: what a price rises above rows that save alike
ROUNDS = 200  # of prices that answer one another: each only rises, and few are needed


def make_capacity(objective: Objective, costs: CostMatrix, data: Prepared) -> Capacity | None:
    """The capacities of the spec, their prices not fitted yet; None without one.

    A rate becomes a share of the rows: by `objective.running.rows`, else by how many train rows came in its time.
    Raises `SpecError` where a capacity has no meaning, or where nobody knows how many rows come.
    """
    asked = objective.capacity
    if asked is None or (asked.act is None and asked.review is None):
        return None
    if not costs.given:
        hint = "add [objective.costs]"
        raise SpecError(
            "a capacity is used where it saves most, and nothing costs anything here", where=WHERE, hint=hint
        )
    limits = dict(_limits(objective, asked, costs))
    rates = {limit.seconds for limit in limits.values() if isinstance(limit, Rate)}
    if len(rates) > 1:
        raise SpecError("two capacities are for the same time, such as both per 1d", where=WHERE)
    return Capacity(
        shares={action: _share(limit, objective, data) for action, limit in limits.items()},
        texts={action: write_capacity(limit) for action, limit in limits.items()},
        prices=np.zeros(len(costs.actions)),
    )


def _limits(objective: Objective, asked: CapacityLimit, costs: CostMatrix) -> Iterator[tuple[int, Rate | float]]:
    named = objective.costs
    if asked.act is not None:
        if costs.matrix.shape[0] != 2 or (named is not None and named.matrix is not None):  # noqa: PLR2004  # two labels
            hint = "it takes a target of two labels, and costs without a matrix"
            raise SpecError("to act is not one of two answers here", where=f"{WHERE}.act", hint=hint)
        yield 1, asked.act
    if asked.review is not None:
        if costs.review is None:
            raise SpecError("there is no review", where=f"{WHERE}.review", hint="add [objective.review] with its cost")
        yield costs.answers, asked.review


def _share(limit: Rate | float, objective: Objective, data: Prepared) -> float:
    """The share of rows that a capacity allows."""
    if not isinstance(limit, Rate):
        return limit
    if objective.running is not None:
        rows = objective.running.rows
        return limit.count / limit.seconds * rows.seconds / rows.count
    time = data.train.time
    span = float(np.nanmax(time) - np.nanmin(time)) / 1e6 if time is not None else 0.0
    if span <= 0:
        raise SpecError(
            f"nobody knows how many rows come, so '{limit}' cannot be made a share of them",
            where=WHERE,
            hint='say it as objective.running.rows = "10000 per 1d", name data.time, or give a share such as "1%"',
        )
    return limit.count / limit.seconds * span / data.train.n


def fit_shadow_prices(policy: LabelPolicy, oof: OutOfFold) -> LabelPolicy:
    """The policy with prices under which its capacities are kept on out-of-fold rows; rows count by their weight."""
    if policy.capacity is None:
        return policy
    rows, costs = oof.rows, policy.costs
    asked = ~costs.decidable(rows.inputs) if costs.asks else None
    return with_shadow_prices(policy, oof.calibrated, costs.expected(rows.inputs), rows.weight, asked=asked)


def with_shadow_prices(
    policy: LabelPolicy,
    p: Floats,
    expected: Floats | None = None,
    weight: Floats | None = None,
    *,
    asked: NDArray[np.bool_] | None = None,
) -> LabelPolicy:
    """The policy with the prices that these rows ask for; as it is without capacities.

    `p` [n, width] are calibrated; `expected` [n, classes, actions] is what each row is expected to cost, where rows
    differ; `asked` [n] are rows that are reviewed whatever it costs, which use that capacity first.
    """
    costs, capacity = policy.costs, policy.capacity
    if capacity is None or not len(p):
        return policy
    each = costs_of_actions(p, costs, expected)
    weight = np.ones(len(p)) if weight is None else weight
    room = {action: share * weight.sum() for action, share in capacity.shares.items()}
    if asked is not None:
        if costs.answers in room:
            room[costs.answers] = max(0.0, room[costs.answers] - weight[asked].sum())
        each, weight = each[~asked], weight[~asked]
    return replace(policy, capacity=replace(capacity, prices=fit_prices(each, room, weight)))


def fit_prices(each: Floats, room: dict[int, float], weight: Floats) -> Floats:
    """The smallest prices [actions] at which each limited action is taken on rows of a weight of at most its `room`.

    They rise in turn until none has to (Demange, Gale and Sotomayor 1986): a dearer action only sends rows to others.
    Rows that save alike are left out together, because no price can part them.
    """
    prices = np.zeros(each.shape[1])
    for _ in range(ROUNDS):
        before = prices.copy()
        for action, most in room.items():
            others = np.delete(each + prices, action, axis=1).min(axis=1)
            prices[action] = max(prices[action], _price(others - each[:, action], most, weight))
        if (prices == before).all():
            break
    return prices


def _price(saved: Floats, most: float, weight: Floats) -> float:
    """The price that leaves rows of a weight of at most `most`, those that save most; 0 where all have room."""
    order = np.argsort(-saved, kind="stable")
    fits = np.cumsum(weight[order]) <= most * (1 + 1e-12)
    wants = saved[order] > 0
    out = np.flatnonzero(wants & ~fits)
    if not out.size:
        return 0.0
    first = float(saved[order][out[0]])
    above = saved[order][: out[0]]
    above = above[above > first]
    return (first + float(above[-1])) / 2 if above.size else first + TIE * float(np.abs(saved).max())
