"""The policies that need no model: what everything else has to beat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.current_rule import NAME
from automl.decide.policy.label_policy import LabelPolicy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One action for all rows; under a capacity each action of `shares` on so many rows, drawn at random."""

    name: str
    shares: Mapping[int, float]

    @property
    def mixed(self) -> bool:
        """Whether rows are drawn."""
        return len(self.shares) > 1


def baselines(policy: LabelPolicy) -> tuple[Baseline, ...]:
    """One action for all rows; an action that only so many rows can get is taken on these, drawn at random.

    So under a capacity "always" is no policy that anyone could have: it becomes a random draw of the rows that there is
    room for, of each limited action or of several together, and the others get one action without a limit.
    """
    most = policy.capacity.shares if policy.capacity else {}
    limits = {action: share for action, share in most.items() if share < 1}
    return tuple(_baselines(policy.actions, limits))


def _baselines(actions: tuple[str, ...], limits: Mapping[int, float]) -> Iterator[Baseline]:
    for action, name in enumerate(actions):
        if action not in limits:
            yield Baseline(name=name, shares={action: 1.0})
    bases = [action for action in range(len(actions)) if action not in limits]
    for size in range(1, len(limits) + 1):
        for chosen in combinations(limits, size):
            for base in bases:
                yield _mixed(actions, {action: limits[action] for action in chosen}, base)


def _mixed(actions: tuple[str, ...], limits: Mapping[int, float], base: int) -> Baseline:
    left, shares, told = 1.0, {}, []
    for action, most in limits.items():
        shares[action] = min(most, left)
        left -= shares[action]
        told.append(f"'{actions[action]}' on a random {100 * shares[action]:.3g}%")
    name = f"{' and '.join(told)} of the rows, else '{actions[base]}'"
    return Baseline(name=name, shares={**shares, base: left})


def rule_within_capacity(policy: LabelPolicy, by_rule: Ints, weight: Floats) -> tuple[str, float]:
    """How the current rule is called, and on which share of its rows it can act within the capacity.

    `by_rule` [n] are the codes of its decisions.
    """
    acts = float(np.average(by_rule == 1, weights=weight)) if by_rule.size else 0.0
    most = policy.capacity.shares.get(1, 1.0) if policy.capacity else 1.0
    if acts <= most:
        return NAME, 1.0
    return f"{NAME} on a random {100 * most / acts:.3g}% of its rows", most / acts


def costs_without_model(policy: LabelPolicy, by_action: Floats, by_rule: Ints | None, weight: Floats) -> Floats:
    """What each row costs under each policy without a model, the current rule last [n, policies].

    `by_action` [n, actions] is what each action costs on the row given its truth, `by_rule` [n] the codes of the rule's
    decisions. Where rows are drawn at random, it is the expectation over the draws.
    """
    columns = [
        sum((share * by_action[:, action] for action, share in baseline.shares.items()), np.zeros(len(by_action)))
        for baseline in baselines(policy)
    ]
    if by_rule is not None:
        _, share = rule_within_capacity(policy, by_rule, weight)
        ruled = np.take_along_axis(by_action, by_rule[:, None], axis=1)[:, 0]
        columns.append(share * ruled + (1.0 - share) * by_action[:, 0])
    return np.column_stack(columns)
