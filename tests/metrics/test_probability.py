"""Metrics of probabilities by hand, and what a ranking keeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from automl.metrics import probability
from automl.metrics.base import Metric, score, why_undefined
from automl.metrics.probability import average_precision, brier, log_loss, roc_auc

Y = np.array([1.0, 0.0, 1.0, 0.0])
P = np.array([[0.8], [0.6], [0.6], [0.1]])
METRICS = [value for value in vars(probability).values() if isinstance(value, Metric)]
each = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
rows = some.lists(some.tuples(some.booleans(), some.integers(0, 10)), min_size=1, max_size=12).map(
    lambda drawn: [(True, 3), (False, 3), *drawn]
)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (log_loss, -(math.log(0.8) + math.log(0.4) + math.log(0.6) + math.log(0.9)) / 4),
        (brier, (0.2**2 + 0.6**2 + 0.4**2 + 0.1**2) / 4),
        (roc_auc, (1 + 1 + 1 + 0.5) / 4),  # of four pairs three are in order, one is a tie
        (average_precision, (1 * 1 + 1 * 2 / 3) / 2),  # tied rows are found together
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_four_rows_by_hand(metric: Metric, value: float) -> None:
    """Two positives and two negatives, two of them with the same probability."""
    assert score(metric, Y, P) == pytest.approx(value, rel=1e-12)


@settings(max_examples=25)
@given(rows)
def test_the_area_is_the_share_of_pairs_in_order(drawn: list[tuple[bool, int]]) -> None:
    """P(positive above negative) + P(tie) / 2, pair by pair."""
    y, p = (np.array(side, dtype=float) for side in zip(*drawn, strict=True))
    above = [np.sign(a - b) / 2 + 0.5 for a in p[y == 1] for b in p[y == 0]]
    assert score(roc_auc, y, p[:, None] / 10) == pytest.approx(np.mean(above))


@settings(max_examples=25)
@given(rows)
def test_rankings_know_only_the_order(drawn: list[tuple[bool, int]]) -> None:
    """Squared probabilities rank alike; turned round, the area is what is missing to 1."""
    y, p = (np.array(side, dtype=float) for side in zip(*drawn, strict=True))
    p = p[:, None] / 10
    for metric in (roc_auc, average_precision):
        assert score(metric, y, p**2) == pytest.approx(score(metric, y, p))
    assert score(roc_auc, y, 1 - p) == pytest.approx(1 - score(roc_auc, y, p))


@each
def test_order_of_rows_and_copies_do_not_matter(metric: Metric) -> None:
    """Weights act like copies, a row of weight 0 is not there, and shuffled rows have the same score."""
    weight, copied = np.array([2.0, 1.0, 0.0, 1.0]), [0, 0, 1, 3]
    assert score(metric, Y, P, weight) == pytest.approx(score(metric, Y[copied], P[copied]), rel=1e-12)
    assert score(metric, Y[::-1], P[::-1]) == pytest.approx(score(metric, Y, P), rel=1e-12)


@each
def test_two_columns_rank_as_one(metric: Metric) -> None:
    """Two classes written as two columns: the same, but that Brier's score counts both columns."""
    wide = np.hstack([1 - P, P])
    if metric is brier:
        assert score(metric, Y, wide) == pytest.approx(2 * score(metric, Y, P))
    elif metric is average_precision:
        sides = [score(metric, Y, P), score(metric, 1 - Y, 1 - P)]
        assert score(metric, Y, wide) == pytest.approx(np.mean(sides))
    else:
        assert score(metric, Y, wide) == pytest.approx(score(metric, Y, P))


def test_only_classes_that_are_there_are_averaged() -> None:
    """Three classes, of which the rows have two: each against the rest, by hand."""
    y, p = np.array([0.0, 2.0, 2.0]), np.array([[0.5, 0.1, 0.4], [0.6, 0.0, 0.4], [0.1, 0.1, 0.8]])
    assert score(roc_auc, y, p) == pytest.approx(((1 / 2) + (1 + 0.5) / 2) / 2)
    assert score(log_loss, y, p) == pytest.approx(-(math.log(0.5) + math.log(0.4) + math.log(0.8)) / 3)


def test_certainty_is_finite() -> None:
    """Certain and right costs nothing, certain and wrong much, but not infinitely much."""
    y, certain = np.array([1.0, 0.0]), np.array([[1.0], [0.0]])
    assert score(log_loss, y, certain) == pytest.approx(0.0, abs=1e-12)
    assert 30 < score(log_loss, y, 1 - certain) < 40
    assert score(brier, y, 1 - certain) == 1.0


@pytest.mark.parametrize("metric", [roc_auc, average_precision], ids=lambda metric: metric.name)
def test_one_class_has_no_ranking(metric: Metric) -> None:
    """R17: without a second class nothing is above anything, and that is said."""
    assert math.isnan(score(metric, np.ones(3), np.array([[0.1], [0.5], [0.9]])))
    assert why_undefined(metric, np.ones(3), np.ones((3, 1))) == "all 3 rows have the same label"
