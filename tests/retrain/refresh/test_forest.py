"""A forest's leaves are averages of old and new rows."""

from __future__ import annotations

import numpy as np

from automl.retrain.refresh.forest import KEEP, Forest


def test_a_leaf_is_the_average_of_prior_rows_and_new_ones():
    """(prior * old + sum of new) / (prior + new), each tree for itself; without new rows the old value stays."""
    codes = np.array([[0, 0, 1], [3, 3, 3]], dtype=np.int32)
    forest = Forest(codes=codes, table=np.array([[0.2], [0.1], [0.4], [0.3]]), base=np.array([0.5]))
    wanted = forest.wanted(np.array([[1.0], [1.5], [2.5]]))
    assert wanted[:, 0].tolist() == [0.25, 0.5, 1.0]
    rows = np.arange(3)
    table = forest.means(wanted, np.ones(3), 2.0, rows)
    expected = [(2 * 0.2 + 0.75) / 4, (2 * 0.1 + 1.0) / 3, 0.4, (2 * 0.3 + 1.75) / 5]
    np.testing.assert_allclose(table[:, 0], expected)
    np.testing.assert_allclose(
        forest.scores(table, rows)[:, 0], [0.5 + expected[0] + expected[3]] * 2 + [0.5 + expected[1] + expected[3]]
    )
    assert forest.means(wanted, np.ones(3), KEEP, rows) is forest.table
