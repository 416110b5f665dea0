"""From a probability to a decision: the action of smallest expected cost, within capacities and guarantees."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.cost_matrix import CostMatrix
from automl.decide.costs.current_rule import CurrentRule
from automl.decide.policy.bounds import Bounds
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.expected_cost import costs_of_actions, expected_costs
from automl.ops.expr import (
    Add,
    ArgMin,
    AsIndex,
    AsNumber,
    Concat,
    Constant,
    Expr,
    Multiply,
    Pick,
    RowSum,
    Take,
    TakeText,
    Where,
    constant,
)
from automl.spec.objective import Require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
REFUSED = ""
"""The decision of a row that is not decided, because it lacks a cost; `automl.bundle.scorer` makes an error of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPolicy:
    """Bayes minimum risk (Elkan 2001): the action that minimises p . C, the first one on ties.

    In a binary task the first action is the other label's, so a tie does not act. The shadow prices of a `capacity`
    are added to the expected `costs` first, and `bounds` on acting keep the floors that are promised (`require`).
    `current_rule` is the policy in use now, which this one has to beat.
    """

    costs: CostMatrix
    capacity: Capacity | None = None
    require: Require | None = None
    bounds: Bounds | None = None
    current_rule: CurrentRule | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """The decisions that there are."""
        return self.costs.actions

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the costs and the current rule name."""
        ruled = self.current_rule.columns if self.current_rule else ()
        return tuple(dict.fromkeys((*self.costs.columns, *ruled)))

    @property
    def in_money(self) -> bool:
        """Whether its decisions are counted in money: the spec names costs."""
        return self.costs.given

    @property
    def currency(self) -> str:
        """What the money is called; "" where nobody says."""
        return self.costs.currency

    @property
    def refuses(self) -> bool:
        """Whether a row that lacks a cost is not decided."""
        return self.costs.refuses

    @property
    def expected_amounts(self) -> dict[str, Expr]:
        """What is expected of amounts that are known only afterwards [N, 1], by name."""
        return self.costs.outcome_models

    def scaled(self, truth: int, action: int, factor: float) -> LabelPolicy:
        """The same policy with one amount multiplied by `factor`."""
        return replace(self, costs=self.costs.scaled(truth, action, factor))

    def graph_outputs(self, p: Expr) -> dict[str, Expr]:
        """`decision` (text); `expected_cost` of it where costs are given, `action_costs` under a capacity.

        `p` is the probability of the positive label [N, 1], or of each class [N, classes].
        """
        costs, bounds, actions = self.costs, self.bounds, self.actions
        each, known = expected_costs(p, costs), costs.all_known()
        priced = Add(each, Constant(self.capacity.prices)) if self.capacity else each
        action: Expr = ArgMin(bounds.held(p, priced) if bounds else priced)
        action = bounds.pushed(p, action, len(actions)) if bounds else action
        one_hot = np.eye(len(actions))
        if costs.refuses and known:
            action = AsIndex(Where(known, AsNumber(action), constant(len(actions))), len(actions) + 1)
            one_hot = np.vstack((one_hot, np.full(len(actions), np.nan)))
            actions = (*actions, REFUSED)
        elif costs.asks and known:
            action = AsIndex(Where(known, AsNumber(action), constant(len(actions) - 1)), len(actions))
        outputs: dict[str, Expr] = {"decision": TakeText(action, actions)}
        if costs.given:
            outputs["expected_cost"] = RowSum(Multiply(each, Take(action, one_hot)))
        if self.capacity:
            outputs["action_costs"] = self._ranked(each, known)
        return outputs

    def _ranked(self, each: Expr, known: Expr | None) -> Expr:
        """What each action is expected to cost [N, actions], which a batch is ranked by; NaN where it cannot be taken.

        A row that lacks a cost is reviewed, or not decided at all, whatever the others cost.
        """
        if known is None or not (self.costs.asks or self.costs.refuses):
            return each
        unknown = np.full(len(self.actions), np.nan)
        if not self.costs.asks:
            return Where(known, each, Constant(unknown))
        review = Pick(each, (len(self.actions) - 1,))
        return Where(known, each, Concat((Constant(unknown[:-1]), review)))

    def choose(self, p: Floats, expected: Floats | None = None) -> Ints:
        """The action codes [n] of the same rule in numpy: what the verdict decides again with other costs.

        `p` [n, width]; `expected` [n, classes, actions] is what each row is expected to cost, where rows differ.
        """
        each = costs_of_actions(p, self.costs, expected)
        each = each + self.capacity.prices if self.capacity else each
        return self.bounds.choose(p, each) if self.bounds else np.asarray(np.argmin(each, axis=1), dtype=np.int64)

    def decide(self, p: Floats, expected: Floats | None, decidable: Flags) -> Ints:
        """`choose`, where rows that are not `decidable` [n], for they lack a cost, are reviewed or not decided (-1)."""
        decisions = self.choose(p, expected)
        if self.costs.refuses or self.costs.asks:
            decisions[~decidable] = self.costs.answers if self.costs.asks else -1
        return decisions

    def codes(self, decisions: Collection[object]) -> Ints:
        """The action codes [n] of decisions as the graph writes them, -1 where a row was not decided."""
        place = {REFUSED: -1, **{action: code for code, action in enumerate(self.actions)}}
        return np.fromiter((place[str(text)] for text in decisions), dtype=np.int64, count=len(decisions))
