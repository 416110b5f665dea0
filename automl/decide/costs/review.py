"""The third answer: a person looks at the row, for a fee, and errs in a share of cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.ops.expr import Add, Concat, Expr, Maximum, Minimum, Multiply, Pick, constant

Floats = NDArray[np.float64]
CELL = "review"
"""The name of the review's cost among the amounts of a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCost:
    """A review costs `cost`; then the best action for the truth is taken, in a share of `error` the worst one.

    So each truth has its own expected cost of a review, and a review is one more action in the table of costs.
    """

    cost: float
    error: float

    def amounts(self, others: Floats) -> Floats:
        """The cost of a review [...] where the other actions cost `others` [..., actions]."""
        worst, best = others.max(axis=-1), others.min(axis=-1)
        return np.asarray(self.cost + (self.error * worst + (1.0 - self.error) * best))

    def added(self, others: Floats) -> Floats:
        """`others` [..., actions] with the review behind them [..., actions + 1]."""
        return np.concatenate((others, self.amounts(others)[..., None]), axis=-1)

    def expr(self, others: Expr) -> Expr:
        """`added` as an expression: [N, actions] becomes [N, actions + 1]."""
        each: list[Expr] = [Pick(others, (action,)) for action in range(others.width)]
        worst = Multiply(reduce(Maximum, each), constant(self.error))
        best = Multiply(reduce(Minimum, each), constant(1.0 - self.error))
        return Concat((others, Add(Add(worst, best), constant(self.cost))))
