"""From a probability to a decision: the action with the smallest expected cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs import Costs
from automl.ops.expr import ArgMin, Concat, Expr, MatMul, Multiply, RowSum, Subtract, Take, TakeText, constant

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        action = ArgMin(each)
        outputs: dict[str, Expr] = {"decision": TakeText(action, self.costs.actions)}
        if self.costs.given:
            one_hot = np.eye(len(self.costs.actions))
            outputs["expected_cost"] = RowSum(Multiply(each, Take(action, one_hot)))
        return outputs


def expected_costs(p: Expr, costs: Costs) -> Expr:
    """The expected cost of each action [N, actions] as an expression."""
    classes = Concat((Subtract(constant(1.0), p), p)) if p.width == 1 else p
    if not costs.given:  # argmin of -p is argmax of p to the last bit; p . C would round
        return Multiply(classes, constant(-1.0))
    return MatMul(classes, costs.matrix)


def choose(p: Floats, costs: Costs) -> Ints:
    """The action codes [n] of the same rule in numpy: what the verdict decides again with other costs."""
    classes = np.column_stack((1.0 - p, p)) if p.shape[1] == 1 else p
    each = classes @ costs.matrix if costs.given else -classes
    return np.asarray(np.argmin(each, axis=1), dtype=np.int64)


def codes(decisions: list[str], costs: Costs) -> Ints:
    """The action codes [n] of decisions as the graph writes them."""
    place = {action: code for code, action in enumerate(costs.actions)}
    return np.fromiter((place[decision] for decision in decisions), dtype=np.int64, count=len(decisions))
