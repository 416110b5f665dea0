"""The contract of metrics: a direction that is told truly, weights that count, and a word where there is no value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.metrics import loss, score, why_undefined
from automl.metrics.base import Floats, Metric, metrics
from automl.task import Kind

COMPUTED = [metric for metric in metrics.all.values() if metric.function is not None]
CASES = [pytest.param(metric, kind, id=f"{metric.name}-{kind}") for metric in COMPUTED for kind in sorted(metric.kinds)]
computed = pytest.mark.parametrize(("metric", "kind"), CASES)


def rows_of(kind: Kind, seed: int = 0, n: int = 60) -> tuple[Floats, Floats]:
    """Truth, and a prediction that knows something of it."""
    rng = np.random.default_rng(seed)
    if kind == "regression":
        y = rng.gamma(2.0, 3.0, n) + 0.1
        return y, (y * rng.uniform(0.5, 1.5, n))[:, None]
    classes = 2 if kind == "binary" else 3
    y = (np.arange(n) % classes).astype(float)
    raw = rng.normal(size=(n, classes))
    raw[np.arange(n), y.astype(int)] += 1.0
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    return y, p[:, 1:] if kind == "binary" else p


def perfect_and_poor(kind: Kind) -> tuple[Floats, Floats, Floats]:
    """Truth, the truth as a prediction, and one that is wrong on every row that could be right."""
    if kind == "regression":
        y = np.array([1.0, 2.0, 4.0])
        return y, y[:, None], np.array([[4.0], [1.0], [2.0]])
    y = np.array([0.0, 1.0, 1.0]) if kind == "binary" else np.array([0.0, 1.0, 2.0])
    if kind == "binary":
        return y, y[:, None], 1 - y[:, None]
    return y, np.eye(3), np.roll(np.eye(3), 1, axis=1)


@computed
def test_a_perfect_prediction_is_better_than_a_poor_one(metric: Metric, kind: Kind) -> None:
    """`greater_is_better` tells the direction in which predictions improve."""
    y, perfect, poor = perfect_and_poor(kind)
    gain = score(metric, y, perfect) - score(metric, y, poor)
    assert gain > 0 if metric.greater_is_better else gain < 0


@computed
@settings(max_examples=20, deadline=None)
@given(weight=st.lists(st.integers(1, 3), min_size=60, max_size=60))
def test_a_weight_is_that_many_rows(metric: Metric, kind: Kind, weight: list[int]) -> None:
    """A row of weight 2 counts as two rows do."""
    y, prediction = rows_of(kind)
    times = np.array(weight)
    repeated = score(metric, np.repeat(y, times), np.repeat(prediction, times, axis=0))
    assert score(metric, y, prediction, times.astype(float)) == pytest.approx(repeated, rel=1e-9)


@computed
def test_the_order_of_rows_is_nothing(metric: Metric, kind: Kind) -> None:
    """Rows in another order have the same value."""
    y, prediction = rows_of(kind)
    turned = np.random.default_rng(1).permutation(len(y))
    assert score(metric, y[turned], prediction[turned]) == pytest.approx(score(metric, y, prediction), rel=1e-9)


@computed
def test_nothing_to_score_is_said(metric: Metric, kind: Kind) -> None:
    """No rows, or a row without prediction: NaN with the reason, no exception."""
    y, prediction = rows_of(kind)
    assert np.isnan(score(metric, y[:0], prediction[:0]))
    assert why_undefined(metric, y[:0], prediction[:0]) == "there are no rows"
    holes = np.where(np.arange(len(y))[:, None] == 1, np.nan, prediction)
    assert np.isnan(score(metric, y, holes))
    assert why_undefined(metric, y, holes) == "some rows have no prediction"


@pytest.mark.parametrize("metric", metrics.all.values(), ids=metrics.all)
def test_the_search_minimises_a_proper_score(metric: Metric) -> None:
    """For each kind of task the loss is computed, smaller is better, and of the same kind."""
    for kind in metric.kinds:
        proper = loss(metric, kind)
        assert proper.function is not None
        assert not proper.greater_is_better
        assert kind in proper.kinds
        assert proper.needs == ("number" if kind == "regression" else "probability")
