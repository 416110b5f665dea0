"""Bounds on acting hold back below one probability and push above another, whatever the costs say."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.policy.bounds import Bounds
from automl.ops.bulk import evaluate
from automl.ops.expr import Add, ArgMin, AsNumber, Constant, Multiply, Stub, constant

P = np.array([[0.1], [0.5], [0.9]])
ACTING = np.array([[1.0, 0.0, 0.5]] * 3)
"""Acting is cheapest, then the third action."""
PASSING = np.array([[0.0, 1.0, 0.5]] * 3)


@pytest.mark.parametrize(
    ("bounds", "each", "codes"),
    [
        (Bounds(), ACTING, [1, 1, 1]),
        (Bounds(least=0.5), ACTING, [2, 1, 1]),
        (Bounds(always=0.5), PASSING, [0, 1, 1]),
        (Bounds(least=0.5, always=0.9), PASSING, [0, 0, 1]),
    ],
)
def test_nothing_is_acted_on_below_and_everything_above(bounds, each, codes):
    """A held row gets the next best action; a bound itself counts as above it. The expressions say the same."""
    assert bounds.choose(P, each).tolist() == codes
    stub = Stub("p")
    costs = Add(Multiply(stub, constant(0.0)), Constant(each[0]))
    action = bounds.pushed(stub, ArgMin(bounds.held(stub, costs)), 3)
    found = evaluate({"code": AsNumber(action)}, {}, stubs={"p": P})["code"]
    assert np.asarray(found)[:, 0].tolist() == codes
