"""From a probability to a decision: the action with the smallest expected cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.cost_matrix import Costs
from automl.ops.expr import (
    Add,
    And,
    ArgMin,
    AsIndex,
    AsNumber,
    Concat,
    Constant,
    Expr,
    MatMul,
    Multiply,
    Pick,
    RowSum,
    Subtract,
    Take,
    TakeText,
    Where,
    constant,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
REFUSED = ""
"""The decision of a row that is not decided, because it lacks a cost; `automl.bundle.scorer` makes an error of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCost:
    """Bayes minimum risk (Elkan 2001): the action that minimises p . C, the first one on ties.

    In a binary task the first action is the other label's, so a tie does not act.
    """

    costs: Costs

    def outputs(self, p: Expr) -> dict[str, Expr]:
        """`decision` (text), and `expected_cost` of that decision where costs are given.

        `p` is the probability of the positive label [N, 1], or of each class [N, classes].
        """
        each = expected_costs(p, self.costs)
        actions, bounds, capacity = self.costs.actions, self.costs.bounds, self.costs.capacity
        priced = Add(each, Constant(capacity.prices)) if capacity else each
        action: Expr = ArgMin(bounds.held(p, priced) if bounds else priced)
        action = bounds.pushed(p, action, len(actions)) if bounds else action
        one_hot = np.eye(len(actions))
        known = _all_known(self.costs)
        if self.costs.refuses and known:
            action = AsIndex(Where(known, AsNumber(action), constant(len(actions))), len(actions) + 1)
            actions = (*actions, REFUSED)
            one_hot = np.vstack((one_hot, np.full(len(self.costs.actions), np.nan)))
        elif self.costs.asks and known:
            action = AsIndex(Where(known, AsNumber(action), constant(len(actions) - 1)), len(actions))
        outputs: dict[str, Expr] = {"decision": TakeText(action, actions)}
        if self.costs.given:
            outputs["expected_cost"] = RowSum(Multiply(each, Take(action, one_hot)))
        if capacity:
            outputs["action_costs"] = self._ranked(each, known)
        return outputs

    def _ranked(self, each: Expr, known: Expr | None) -> Expr:
        """What each action is expected to cost [N, actions], which a batch is ranked by; NaN where it cannot be taken.

        A row that lacks a cost is reviewed, or not decided at all, whatever the others cost.
        """
        actions = len(self.costs.actions)
        if known is None or not (self.costs.asks or self.costs.refuses):
            return each
        unknown = np.full(actions, np.nan)
        if not self.costs.asks:
            return Where(known, each, Constant(unknown))
        review = Pick(each, (actions - 1,))
        return Where(known, each, Concat((Constant(unknown[:-1]), review)))


def expected_costs(p: Expr, costs: Costs) -> Expr:
    """The expected cost of each action [N, actions] as an expression."""
    if costs.rows:
        truths = (Subtract(constant(1.0), p), p) if p.width == 1 else tuple(Pick(p, (k,)) for k in range(p.width))
        terms: list[Expr] = [Multiply(share, costs.of_truth(truth)) for truth, share in enumerate(truths)]
        return reduce(Add, terms)
    classes = Concat((Subtract(constant(1.0), p), p)) if p.width == 1 else p
    if not costs.given:  # argmin of -p is argmax of p to the last bit; p . C would round
        return Multiply(classes, constant(-1.0))
    return MatMul(classes, costs.matrix)


def _all_known(costs: Costs) -> Expr | None:
    """Whether a row has all costs that can be known in time; None if there are none."""
    known = [cost.known for cost in costs.rows.values() if not cost.later]
    return reduce(And, known) if known else None


def choose(p: Floats, costs: Costs, amounts: Floats | None = None) -> Ints:
    """The action codes [n] of the same rule in numpy: what the verdict decides again with other costs.

    `amounts` [n, classes, actions] are what each row is expected to cost, where rows differ.
    """
    each = costs_of_actions(p, costs, amounts)
    each = each + costs.capacity.prices if costs.capacity else each
    return costs.bounds.choose(p, each) if costs.bounds else np.asarray(np.argmin(each, axis=1), dtype=np.int64)


def costs_of_actions(p: Floats, costs: Costs, amounts: Floats | None = None) -> Floats:
    """`expected_costs` in numpy [n, actions], for probabilities [n, width] and `amounts` as `choose` takes them."""
    classes = np.column_stack((1.0 - p, p)) if p.shape[1] == 1 else p
    if amounts is not None:
        return reduce(np.add, (classes[:, [truth]] * amounts[:, truth] for truth in range(classes.shape[1])))
    return np.asarray(classes @ costs.matrix if costs.given else -classes)


def is_decided(decisions: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which decisions [n], labels or numbers, are one: a row that lacks a cost may be refused."""
    if decisions.dtype.kind == "f":
        return ~np.isnan(decisions.astype(np.float64))
    return np.asarray(decisions != REFUSED)


def codes(decisions: list[str], costs: Costs) -> Ints:
    """The action codes [n] of decisions as the graph writes them, -1 where a row was not decided."""
    place = {REFUSED: -1, **{action: code for code, action in enumerate(costs.actions)}}
    return np.fromiter((place[decision] for decision in decisions), dtype=np.int64, count=len(decisions))
