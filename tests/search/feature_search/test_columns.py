"""Columns that are probed."""

from __future__ import annotations

import numpy as np

from automl.features.base import Ask
from automl.learners.base import FeatureInfo
from automl.ops.expr import Add, Column, Multiply, constant
from automl.search.feature_search.columns import Columns, nodes

X = Column("x")


def columns(*owner: int) -> Columns:
    """One column for each owner, whose values are its place on two folds of three rows."""
    asks = tuple(Ask(step="s", columns=(str(number),)) for number in range(max(owner) + 1))
    return Columns(
        values=tuple(np.tile(np.arange(float(len(owner))), (3, 1)) for _ in range(2)),
        features=tuple(FeatureInfo(name=f"f{j}", kind="number") for j in range(len(owner))),
        sources=tuple((f"c{j}",) for j in range(len(owner))),
        owner=owner,
        asks=asks,
        exprs=tuple(Add(Multiply(X, constant(float(j + 2))), X) for j in range(len(owner))),
    )


def test_the_weightiest_keep_their_order() -> None:
    """Of four the two weightiest, on every fold."""
    best = columns(0, 0, 1, 2).best(np.array([0.1, 0.5, 0.0, 0.4]), 2)
    assert [feature.name for feature in best.features] == ["f1", "f3"]
    assert all(values.tolist() == [[1.0, 3.0]] * 3 for values in best.values)
    assert best.width == 2


def test_what_was_asked_for_goes_together() -> None:
    """Columns of the asks that stay, which are numbered anew."""
    picked = columns(0, 0, 1, 2).asked({0, 2})
    assert picked.sources == (("c0",), ("c1",), ("c3",))
    assert picked.owner == (0, 0, 1)
    assert [ask.columns for ask in picked.asks] == [("0",), ("2",)]


def test_the_first_asks_within_a_number_of_operations() -> None:
    """Two operations a column: an ask is in with all its columns, or out."""
    four = columns(0, 0, 1, 2)
    assert nodes(four.exprs) == 8
    assert [four.within(most).width for most in (8, 7, 5, 4, 3)] == [4, 3, 2, 2, 0]


def test_side_by_side_the_others_asks_count() -> None:
    """The base has none."""
    base = columns(0).pick([0])
    both = base.beside(columns(0, 1))
    assert both.width == 3
    assert len(both.asks) == 2
    assert [values.shape for values in both.values] == [(3, 3), (3, 3)]
