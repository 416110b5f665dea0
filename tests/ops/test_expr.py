"""The vocabulary itself."""

from __future__ import annotations

import numpy as np

from automl.ops import expr as ops


def test_walk_gives_operands_first_and_each_once() -> None:
    """A diamond is walked from the leaf up, and the shared leaf comes once."""
    leaf = ops.Column("a")
    left, right = ops.Absolute(leaf), ops.Floor(leaf)
    top = ops.Add(left, right)
    assert list(ops.walk(top, left)) == [leaf, left, right, top]


def test_a_long_chain_is_no_recursion() -> None:
    """Walking is a loop: a chain longer than Python's stack passes."""
    expr: ops.Expr = ops.Column("a")
    for _ in range(5000):
        expr = ops.Absolute(expr)
    assert sum(1 for _ in ops.walk(expr)) == 5001


def test_width_follows_the_operands() -> None:
    """Width-1 operands broadcast; tables, picks and sums state their own width."""
    wide = ops.Concat((ops.Column("a"), ops.constant(1, 2)))
    assert ops.Add(wide, ops.Column("a")).width == 3
    assert ops.Pick(wide, (1, 2)).width == 2
    assert ops.Take(ops.AsIndex(ops.Column("a"), 2), np.zeros((2, 4))).width == 4
    assert ops.RowSum(wide).width == ops.ArgMin(wide).width == 1


def test_segments_are_flat_outside_the_knots() -> None:
    """Before the first knot and behind the last the slope is 0, and each segment starts at its knot."""
    expr = ops.Interpolate(ops.Column("a"), np.array([0.0, 2.0]), np.array([1.0, 5.0]))
    assert ops.segments(expr).tolist() == [[0.0, 1.0, 0.0], [0.0, 1.0, 2.0], [2.0, 5.0, 0.0]]
