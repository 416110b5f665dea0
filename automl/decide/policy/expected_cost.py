"""What each action is expected to cost, given probabilities: as an expression for the graph, and in numpy."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.cost_matrix import CostMatrix
from automl.ops.expr import Add, Concat, Expr, MatMul, Multiply, Pick, Subtract, constant

Floats = NDArray[np.float64]


def expected_costs(p: Expr, costs: CostMatrix) -> Expr:
    """The expected cost of each action [N, actions], for `p` of the positive label [N, 1] or of each class."""
    if costs.rows:
        truths = (Subtract(constant(1.0), p), p) if p.width == 1 else tuple(Pick(p, (k,)) for k in range(p.width))
        terms: list[Expr] = [Multiply(share, costs.of_truth(truth)) for truth, share in enumerate(truths)]
        return reduce(Add, terms)
    classes = Concat((Subtract(constant(1.0), p), p)) if p.width == 1 else p
    if not costs.given:  # argmin of -p is argmax of p to the last bit; p . C would round
        return Multiply(classes, constant(-1.0))
    return MatMul(classes, costs.matrix)


def costs_of_actions(p: Floats, costs: CostMatrix, expected: Floats | None = None) -> Floats:
    """The same in numpy [n, actions] for `p` [n, width].

    `expected` [n, classes, actions] is what each row is expected to cost, where rows differ.
    """
    classes = np.column_stack((1.0 - p, p)) if p.shape[1] == 1 else p
    if expected is not None:
        return reduce(np.add, (classes[:, [truth]] * expected[:, truth] for truth in range(classes.shape[1])))
    return np.asarray(classes @ costs.matrix if costs.given else -classes)
