"""A number beside its group's, by hand: shrunk means, medians, and what is no number to compare with."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.features.base import Survey
from automl.features.joint.group_statistics import ASKS, BELIEF, group_statistics
from automl.task import Task

CITY = ["Rome"] * 5 + ["Oslo"] * 5
RENT = [10.0, 10.0, 10.0, 10.0, 60.0, 1.0, 2.0, 3.0, 4.0, 0.0]
FRAME = pl.DataFrame({"city": CITY, "rent": RENT})


@pytest.fixture
def fitted(make_column, make_sample, values_on):
    """The three features of a frame on rows: the group's mean, the distance from it, the ratio to its median."""

    def of(frame, rows):
        columns = [make_column("city", "category"), make_column("rent")]
        return [values_on(one, rows) for one in group_statistics.fit(columns, make_sample(frame))]

    return of


def test_a_group_has_its_mean_and_its_median(fitted):
    """By hand: the mean of all is 11, worth five rows; Rome's mean is 20, Oslo's 2, their medians 10 and 2."""
    rows = pl.DataFrame({"city": ["Rome", "Oslo"], "rent": [30.0, 1.0]})
    mean, minus, over = fitted(FRAME, rows)
    assert BELIEF == 5
    assert mean == pytest.approx([(100 + 55) / 10, (10 + 55) / 10])
    assert minus == pytest.approx([30 - 15.5, 1 - 6.5])
    assert over == pytest.approx([3.0, 0.5])


def test_an_unseen_group_is_like_all(fitted):
    """A city never seen has mean and median of all rows, a gap among the cities too."""
    mean, _, over = fitted(FRAME, pl.DataFrame({"city": ["Paris", ""], "rent": [7.0, 14.0]}))
    assert mean == pytest.approx([11.0, 11.0])
    assert over == pytest.approx([1.0, 2.0])  # the median of all ten rents is 7


def test_a_missing_number_is_compared_with_nothing(fitted):
    """A gap stays a gap, but the group's mean is known; gaps do not count when it is fitted."""
    gaps = pl.concat([FRAME, pl.DataFrame({"city": ["Rome"] * 9, "rent": [np.nan] * 9})])
    row = pl.DataFrame({"city": ["Rome"], "rent": [np.nan]})
    mean, minus, over = fitted(gaps, row)
    assert mean == pytest.approx([15.5])
    assert np.isnan(minus).all()
    assert np.isnan(over).all()


def test_nothing_is_divided_by_zero(fitted):
    """A median of 0 gives no ratio; the distance from the mean stays."""
    frame = pl.DataFrame({"city": CITY, "rent": [0.0] * 5 + [1.0] * 5})
    mean, minus, over = fitted(frame, pl.DataFrame({"city": ["Rome", "Oslo"], "rent": [2.0, 2.0]}))
    assert mean == pytest.approx([0.25, 0.75])
    assert minus == pytest.approx([1.75, 1.25])
    np.testing.assert_array_equal(over, [np.nan, 2.0])


def test_a_number_beyond_all_bounds_does_not_drown_the_rest(fitted):
    """A cell of 1e308 is left out of means, whose sums would overflow; its own distance is missing, not infinite."""
    odd = pl.concat([FRAME, pl.DataFrame({"city": ["Rome"], "rent": [1e308]})])
    mean, minus, _ = fitted(odd, pl.DataFrame({"city": ["Rome", "Rome"], "rent": [10.0, 1e308]}))
    assert mean == pytest.approx([15.5, 15.5])
    np.testing.assert_allclose(minus, [-5.5, np.nan])


def test_numbers_that_are_all_missing_give_zeros(fitted):
    """Without one number there is no mean: 0 for every group, and no warning."""
    mean, _, over = fitted(FRAME.with_columns(rent=np.nan), pl.DataFrame({"city": ["Rome"], "rent": [3.0]}))
    assert mean.tolist() == [0.0]
    assert np.isnan(over).all()


def test_what_was_used_together_is_proposed_first(make_column):
    """Categories by numbers; the bond counts before the number's weight, and not more than so many are proposed."""
    columns = [make_column(f"c{i}", "category") for i in range(6)] + [make_column(f"x{i}") for i in range(6)]
    columns.append(make_column("day", "date"))
    together = {("c1", "x2"): 5.0}
    weight = {f"{kind}{i}": float(9 - i) for kind in "cx" for i in range(6)}
    task = Task(kind="regression")
    survey = Survey(columns=tuple(columns), frame=pl.DataFrame(), task=task, weight=weight, together=together)
    asks = [ask.columns for ask in group_statistics.propose(survey)]
    assert asks[:2] == [("c1", "x2"), ("c0", "x0")]
    assert len(asks) == ASKS
