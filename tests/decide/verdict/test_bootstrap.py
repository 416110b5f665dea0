"""Rows are drawn again as whole groups, and the interval is that of what is saved against the best other policy."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.verdict.bootstrap import MOST_UNITS, Bootstrap, compare, interval


def test_a_resample_draws_whole_groups():
    """Each group comes as often as it was drawn, and as many groups as there are."""
    drawn = Bootstrap.over(6, np.array([9, 9, 2, 2, 2, 7]), seed=1, resamples=50)
    assert drawn.unit.tolist() == [2, 2, 0, 0, 0, 1]
    assert set(drawn.counts.sum(axis=1)) == {3.0}


def test_many_rows_are_joined_into_blocks_with_the_spread_of_single_rows():
    """The standard error of a mean of 50,000 rows is the textbook's."""
    values = np.random.default_rng(0).exponential(size=(50_000, 1))
    drawn = Bootstrap.over(50_000, None, seed=1)
    means = drawn.means(values, np.ones(50_000))
    assert drawn.counts.shape[1] == MOST_UNITS
    assert means.std() == pytest.approx(values.std() / np.sqrt(50_000), rel=0.1)
    assert means.mean() == pytest.approx(values.mean(), abs=4 * means.std())


def test_the_saving_is_that_against_the_best_other_policy_for_1000_rows():
    """Two rows that cost 1 and 3 under ours, 4 and 4 or 9 and 1 under the others: 2 against 4 and 5."""
    bootstrap = Bootstrap.over(2, None, seed=1)
    found = compare(np.array([1.0, 3.0]), np.array([[4.0, 9.0], [4.0, 1.0]]), np.ones(2), bootstrap)
    assert (found.ours, found.others.tolist(), found.saving) == (2_000, [4_000, 5_000], 2_000)
    # drawn: both rows, the first twice (1 against 4 and 9) or the second twice (3 against 4 and 1)
    assert (found.low, found.high) == (-2_000, 3_000)


def test_weights_count_in_the_comparison():
    """A row of three times the weight counts as three rows, in what is told and in what is drawn."""
    bootstrap = Bootstrap.over(2, None, seed=1)
    found = compare(np.array([0.0, 4.0]), np.array([[2.0], [6.0]]), np.array([1.5, 0.5]), bootstrap)
    assert (found.ours, found.others.tolist(), found.saving) == (1_000, [3_000], 2_000)
    assert (found.low, found.high) == pytest.approx((2_000, 2_000))


def test_the_interval_leaves_a_fortieth_on_each_side():
    """Of 0 to 1,000 it reaches from 25 to 975."""
    assert interval(np.arange(1_001.0)) == pytest.approx((25.0, 975.0))
