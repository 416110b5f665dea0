"""The policies that need no model: what everything else has to beat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.cost_matrix import Costs
from automl.decide.costs.current_rule import TODAY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trivial:
    """One action for all rows; under a capacity each action of `shares` on so many rows, drawn at random."""

    name: str
    shares: Mapping[int, float]

    @property
    def mixed(self) -> bool:
        """Whether rows are drawn."""
        return len(self.shares) > 1


def trivial_policies(costs: Costs) -> tuple[Trivial, ...]:
    """One action for all rows; an action that only so many rows can get is taken on these, drawn at random.

    So under a capacity "always" is no policy that anyone could have: it becomes a random draw of the rows that there is
    room for, of each limited action or of several together, and the others get one action without a limit.
    """
    most = costs.capacity.shares if costs.capacity else {}
    limits = {action: share for action, share in most.items() if share < 1}
    return tuple(_policies(costs, limits))


def _policies(costs: Costs, limits: Mapping[int, float]) -> Iterator[Trivial]:
    for action, name in enumerate(costs.actions):
        if action not in limits:
            yield Trivial(name=name, shares={action: 1.0})
    bases = [action for action in range(len(costs.actions)) if action not in limits]
    for size in range(1, len(limits) + 1):
        for chosen in combinations(limits, size):
            for base in bases:
                yield _mixed(costs, {action: limits[action] for action in chosen}, base)


def _mixed(costs: Costs, limits: Mapping[int, float], base: int) -> Trivial:
    left, shares, told = 1.0, {}, []
    for action, most in limits.items():
        shares[action] = min(most, left)
        left -= shares[action]
        told.append(f"'{costs.actions[action]}' on a random {100 * shares[action]:.3g}%")
    name = f"{' and '.join(told)} of the rows, else '{costs.actions[base]}'"
    return Trivial(name=name, shares={**shares, base: left})


def today_name(costs: Costs, today: Ints, weight: Floats) -> tuple[str, float]:
    """How today's rule is called, and on which share of its rows it can act within the capacity."""
    acts = float(np.average(today == 1, weights=weight)) if today.size else 0.0
    most = costs.capacity.shares.get(1, 1.0) if costs.capacity else 1.0
    if acts <= most:
        return TODAY, 1.0
    return f"{TODAY} on a random {100 * most / acts:.3g}% of its rows", most / acts


def without_model(costs: Costs, by_action: Floats, today: Ints | None, weight: Floats) -> Floats:
    """What each row costs under each policy without a model, and under today's rule [n, policies].

    `by_action` [n, actions] is what each action costs on the row given its truth, `today` [n] the codes of the rule's
    decisions. Where rows are drawn at random, it is the expectation over the draws.
    """
    columns = [
        sum((share * by_action[:, action] for action, share in policy.shares.items()), np.zeros(len(by_action)))
        for policy in trivial_policies(costs)
    ]
    if today is not None:
        _, share = today_name(costs, today, weight)
        taken = np.take_along_axis(by_action, today[:, None], axis=1)[:, 0]
        columns.append(share * taken + (1.0 - share) * by_action[:, 0])
    return np.column_stack(columns)
