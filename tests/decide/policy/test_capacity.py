"""A capacity goes to the rows where acting or reviewing saves most."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.decide.policy.capacity import Capacity, allot


def cheapest(each, room) -> float:
    """The smallest total cost by trying every assignment."""
    rows, actions = each.shape
    return min(
        each[np.arange(rows), list(chosen)].sum()
        for chosen in product(range(actions), repeat=rows)
        if all(chosen.count(action) <= most for action, most in room.items())
    )


@given(data=st.data(), rows=st.integers(1, 6), both=st.booleans())
@settings(max_examples=150)
def test_the_ranking_is_the_best_there_is(data, rows, both):
    """Against every assignment, ties and equal rows among them, with one limit and with two that compete."""
    cells = st.integers(-3, 3).map(float) | st.sampled_from([0.5, 1e6])
    each = np.array(data.draw(st.lists(cells, min_size=3 * rows, max_size=3 * rows))).reshape(rows, 3)
    room = {1: data.draw(st.integers(0, rows))} | ({2: data.draw(st.integers(0, rows))} if both else {})
    found = allot(each, room)
    assert all((found == action).sum() <= most for action, most in room.items())
    assert each[np.arange(rows), found].sum() == pytest.approx(cheapest(each, room))


def test_without_a_lack_of_room_the_ranking_changes_nothing():
    """The first action wins a tie, as everywhere."""
    each = np.array([[1.0, 1.0], [2.0, 1.0], [0.0, 3.0]])
    assert allot(each, {1: 3}).tolist() == [0, 1, 0]


def test_equal_rows_keep_their_order():
    """Of rows that save alike the first ones are acted on."""
    assert allot(np.array([[5.0, 1.0]] * 4), {1: 2}).tolist() == [1, 1, 0, 0]


def test_from_given_decisions_rows_are_only_taken_away():
    """Under a promise nothing is acted on that the policy left alone, however much it would save."""
    each = np.array([[9.0, 0.0], [5.0, 0.0], [3.0, 0.0], [1.0, 0.0]])
    assert allot(each, {1: 1}, np.array([0, 1, 1, 1])).tolist() == [0, 1, 0, 0]


def test_a_cost_that_nobody_knows_is_a_last_resort():
    """A row that has to be reviewed keeps its place before the others."""
    each = np.array([[0.5, 4.0, 0.2], [9.0, 8.0, 1.0], [np.nan, np.nan, 3.0]])
    assert allot(each, {2: 1}).tolist() == [0, 1, 2]


def test_the_room_of_a_batch_is_its_share_rounded_down():
    """A tenth of 25 rows is 2; rounding of the share itself takes no row away."""
    most = Capacity(shares={1: 0.1, 2: 0.29}, texts={1: "10%", 2: "29%"}, prices=np.zeros(3))
    assert most.room(25) == {1: 2, 2: 7}
    assert most.room(100) == {1: 10, 2: 29}
