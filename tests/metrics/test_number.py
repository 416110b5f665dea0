"""Metrics of numbers by hand, and what they keep when units and weights change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from automl.metrics import number
from automl.metrics.base import REGRESSION, Metric, score, why_undefined

Y, FOUND = np.array([1.0, 2.0, 4.0]), np.array([[2.0], [2.0], [1.0]])
BY_HAND = {
    "rmse": math.sqrt(10 / 3),
    "mae": 4 / 3,
    "rmsle": math.sqrt((math.log(3 / 2) ** 2 + math.log(2 / 5) ** 2) / 3),
    "mape": (1 + 0 + 3 / 4) / 3,
    "r2": 1 - 10 / (14 / 3),
    "poisson_deviance": 2 * ((math.log(1 / 2) + 1) + (4 * math.log(4) - 3)) / 3,
    "gamma_deviance": 2 * ((math.log(2) - 1 / 2) + (math.log(1 / 4) + 3)) / 3,
    "pinball": 2 / 3,
}
METRICS = [value for value in vars(number).values() if isinstance(value, Metric)]
each = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
numbers = some.lists(some.floats(0.1, 1e3), min_size=2, max_size=8)


@each
def test_three_rows_by_hand(metric: Metric) -> None:
    """1, 2 and 4 predicted as 2, 2 and 1."""
    assert score(metric, Y, FOUND) == pytest.approx(BY_HAND[metric.name], rel=1e-12)
    assert metric.kinds == REGRESSION
    assert metric.needs == "number"


@each
def test_a_row_of_weight_two_counts_twice(metric: Metric) -> None:
    """Weights act like copies of rows; rows of weight 0 are not there; their scale does not matter."""
    weight = np.array([2.0, 1.0, 0.0])
    copies = score(metric, Y[[0, 0, 1]], FOUND[[0, 0, 1]])
    assert score(metric, Y, FOUND, weight) == pytest.approx(copies, rel=1e-12)
    assert score(metric, Y, FOUND, 1e-3 * weight) == pytest.approx(copies, rel=1e-12)


@each
@settings(max_examples=25)
@given(y=numbers)
def test_nothing_is_better_than_the_truth(metric: Metric, y: list[float]) -> None:
    """A perfect prediction has a loss of 0, or an R2 of 1, and no other has less."""
    truth = np.array([*y, y[0] + 1.0])
    best = score(metric, truth, truth[:, None])
    assert best == pytest.approx(1.0 if metric.greater_is_better else 0.0, abs=1e-9)
    other = score(metric, truth, truth[:, None] * 1.5)
    assert other < best if metric.greater_is_better else other > best


@settings(max_examples=25)
@given(y=numbers, factor=some.floats(0.01, 100))
def test_units_change_what_has_a_unit(y: list[float], factor: float) -> None:
    """In cents instead of euros errors grow alike, while R2 and percentages stay."""
    truth = np.array([*y, y[0] + 1.0])
    found = np.roll(truth, 1)[:, None]
    for metric in (number.rmse, number.mae, number.pinball, number.poisson_deviance):
        expected = factor * score(metric, truth, found)
        assert score(metric, factor * truth, factor * found) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    for metric in (number.r2, number.mape, number.gamma_deviance):
        expected = score(metric, truth, found)
        assert score(metric, factor * truth, factor * found) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_mean_explains_nothing() -> None:
    """R2 of the mean is 0; what is worse than the mean is below 0."""
    assert score(number.r2, Y, np.full((3, 1), Y.mean())) == pytest.approx(0.0, abs=1e-12)
    assert score(number.r2, Y, np.full((3, 1), 100.0)) < 0


def test_zeros_have_a_deviance_of_counts() -> None:
    """A count of 0 predicted as 3 costs 2 * 3, as the limit of y log y says."""
    assert score(number.poisson_deviance, np.array([0.0]), np.array([[3.0]])) == 6.0


@pytest.mark.parametrize(
    ("metric", "y", "reason"),
    [
        (number.mape, [0.0, 1.0], "nothing is a percentage of 0"),
        (number.rmsle, [-0.5, 1.0], "below 0"),
        (number.poisson_deviance, [-0.5, 1.0], "below 0"),
        (number.gamma_deviance, [0.0, 1.0], "not above 0"),
        (number.r2, [2.0, 2.0], "the same in all 2 rows"),
    ],
)
def test_where_there_is_no_value_the_reason_is_said(metric: Metric, y: list[float], reason: str) -> None:
    """NaN with words, never an infinite score."""
    found = np.ones((2, 1))
    assert math.isnan(score(metric, np.array(y), found))
    assert reason in (why_undefined(metric, np.array(y), found) or "")
