"""Metrics of decisions by hand, from the table of true and decided classes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from automl.metrics import decision
from automl.metrics.base import Metric, score, why_undefined

# ten rows: 3 found, 1 overlooked, 2 false alarms, 4 rightly left alone
Y = np.array([1.0] * 4 + [0.0] * 6)
P = np.array([[0.9]] * 3 + [[0.2]] + [[0.7]] * 2 + [[0.1]] * 4)
BY_HAND = {
    "accuracy": 7 / 10,
    "balanced_accuracy": (3 / 4 + 4 / 6) / 2,
    "f1": 2 * 3 / (2 * 3 + 1 + 2),
    "recall": 3 / 4,
    "precision": 3 / 5,
    "mcc": (3 * 4 - 2 * 1) / math.sqrt(5 * 4 * 6 * 5),
}
METRICS = [value for value in vars(decision).values() if isinstance(value, Metric) and value.function]
each = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


@each
def test_ten_rows_by_hand(metric: Metric) -> None:
    """3 found, 1 overlooked, 2 false alarms, 4 rightly left alone."""
    assert score(metric, Y, P) == pytest.approx(BY_HAND[metric.name], rel=1e-12)


@each
def test_only_the_likelier_class_counts(metric: Metric) -> None:
    """How sure a decision is does not matter; one half is not more than one half."""
    assert score(metric, Y, np.where(P > 0.5, 0.50001, 0.5)) == pytest.approx(BY_HAND[metric.name], rel=1e-12)


@each
@settings(max_examples=25)
@given(weight=some.lists(some.integers(0, 3), min_size=10, max_size=10).filter(lambda w: w[0] and w[-1] and w[3]))
def test_weights_act_like_copies(metric: Metric, weight: list[int]) -> None:
    """A row of weight 3 is three rows, one of weight 0 is none."""
    copied = np.repeat(np.arange(10), weight)
    expected = score(metric, Y[copied], P[copied])
    assert score(metric, Y, P, np.array(weight, dtype=float)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@each
def test_right_throughout_is_one(metric: Metric) -> None:
    """Every metric of decisions ends at 1, with two labels and with several."""
    assert score(metric, Y, Y[:, None]) == 1.0
    three = np.array([0.0, 1.0, 2.0, 1.0])
    assert score(metric, three, np.eye(3)[three.astype(int)]) == 1.0


def test_several_classes_by_hand() -> None:
    """Class 0: 1 of 2 found; class 1: found, with a false alarm; class 2 is neither true nor decided."""
    y = np.array([0.0, 0.0, 1.0])
    p = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]])
    found = {metric.name: score(metric, y, p) for metric in METRICS}
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["balanced_accuracy"] == found["recall"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["precision"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["f1"] == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert found["mcc"] == pytest.approx(0.5)


def test_nothing_decided_is_zero_and_nothing_to_find_is_undefined() -> None:
    """Nobody acted on: precision 0. No positive there: a recall has no value, and says why."""
    nobody = np.full((10, 1), 0.1)
    assert score(decision.precision, Y, nobody) == 0.0
    assert score(decision.mcc, Y, nobody) == 0.0
    assert math.isnan(score(decision.recall, np.zeros(10), P))
    assert why_undefined(decision.recall, np.zeros(10), P) == "none of 10 rows has the positive label"
    assert score(decision.balanced_accuracy, np.zeros(10), P) == pytest.approx(5 / 10)


def test_the_correlation_turns_with_the_decisions() -> None:
    """All decisions turned round: the same correlation with another sign."""
    assert score(decision.mcc, Y, 1 - P) == pytest.approx(-BY_HAND["mcc"])


def test_money_is_another_rooms_work() -> None:
    """`cost` is a metric by name, for every kind of problem, without a function here."""
    assert decision.cost.function is None
    assert decision.cost.kinds == {"binary", "multiclass", "regression"}
    assert not decision.cost.greater_is_better
