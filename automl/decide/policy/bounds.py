"""Bounds on acting, which keep what is required of the policy whatever the costs say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.ops.expr import AsIndex, AsNumber, Concat, Expr, Less, LessEqual, Pick, Where, constant

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Below the probability `least` nothing is acted on (the next best action is taken), from `always` on everything.

    The action that acts is the second one.
    """

    least: float | None = None
    always: float | None = None

    def choose(self, p: Floats, each: Floats) -> Ints:
        """The action codes [n] for probabilities [n, 1] and expected costs [n, actions]."""
        if self.least is not None:
            each = each.copy()
            each[p[:, 0] < self.least, 1] = LARGEST
        action = np.argmin(each, axis=1)
        return np.asarray(action if self.always is None else np.where(p[:, 0] >= self.always, 1, action), np.int64)

    def held(self, p: Expr, each: Expr) -> Expr:
        """The expected costs [N, actions] under which nothing is acted on below `least`."""
        if self.least is None:
            return each
        act = Where(Less(p, constant(self.least)), constant(LARGEST), Pick(each, (1,)))
        others = [Pick(each, (place,)) for place in range(2, each.width)]
        return Concat((Pick(each, (0,)), act, *others))

    def pushed(self, p: Expr, action: Expr, actions: int) -> Expr:
        """The action code, 1 from `always` on."""
        if self.always is None:
            return action
        return AsIndex(Where(LessEqual(constant(self.always), p), constant(1.0), AsNumber(action)), actions)
