"""Means that say of how many rows they are can count further ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.ops.expr import AsIndex, Column, Take
from automl.ops.means import Means, Reading
from automl.ops.rewrite import substitute

Y = np.array([0.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading(kind="target"), [0.0, 2.0, 1.0]),
        (Reading(kind="classes", numbers=(0.5, 0.0, -1.0)), [0.5, -1.0, 0.0]),
        (Reading(kind="distance", numbers=(1.5,)), [1.5, 0.5, 0.5]),
        (Reading(kind="above", numbers=(1.0,)), [0.0, 1.0, 0.0]),
    ],
)
def test_what_is_read_of_a_target(reading, expected):
    """A number for each row, whatever is averaged."""
    assert reading.of(Y).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-9, 9), st.floats(0.1, 5)), min_size=1, max_size=30),
    st.integers(0, 30),
    st.floats(0.1, 20),
)
def test_rows_that_come_later_count_as_if_they_had_been_there(rows, cut, belief):
    """Counted at once or in two parts, each level has the same mean and the same rows."""
    place, y, weight = (np.array(column) for column in zip(*rows, strict=True))
    start = Means(rows=np.zeros(4), belief=belief, of=Reading(kind="target"))
    table, once = start.with_rows(np.full(4, 3.0), place, y, weight)
    first, means = start.with_rows(np.full(4, 3.0), place[:cut], y[:cut], weight[:cut])
    second, twice = means.with_rows(first, place[cut:], y[cut:], weight[cut:])
    assert second == pytest.approx(table)
    assert twice.rows == pytest.approx(once.rows)
    expected = 3.0 * belief + np.bincount(place, weight * y, 4)
    assert table == pytest.approx(expected / (belief + np.bincount(place, weight, 4)))


def test_a_looked_up_look_up_keeps_the_rows_of_each_number():
    """Where two tables become one, the counts go where the numbers go."""
    inner = Take(AsIndex(Column("x"), 3), np.array([[2.0], [0.0], [1.0]]))
    means = Means(rows=np.array([10.0, 20.0, 30.0]), belief=1.0, of=Reading(kind="target"))
    (found,) = substitute(Take(AsIndex(inner, 3), np.array([[0.1], [0.2], [0.3]]), means), by=lambda _: None)
    assert isinstance(found, Take)
    assert found.table[:, 0].tolist() == [0.3, 0.1, 0.2]
    assert found.means is not None
    assert found.means.rows.tolist() == [30.0, 10.0, 20.0]
