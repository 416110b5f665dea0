"""The interval of a score covers what it claims and is honest about what has no value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.metrics import get
from automl.metrics.base import CLASSIFICATION, metrics, score
from automl.metrics.interval import interval


def test_the_interval_of_a_mean_is_the_textbook_one():
    """The absolute error of n independent rows: 1.96 standard errors each way, on the scale of its logarithm."""
    rng = np.random.default_rng(0)
    error = rng.exponential(size=2_000)
    low, high = interval(get("mae"), error, np.zeros((2_000, 1)), seed=1)
    reach = 1.96 * error.std() / np.sqrt(2_000)
    assert abs((high - low) / 2 - reach) < 0.25 * reach
    assert abs(np.sqrt(high * low) - error.mean()) < 1e-12


def test_the_same_seed_gives_the_same_interval():
    """R12: an interval is part of a manifest that reproduces."""
    y, p = np.array([0.0, 1.0] * 50), np.linspace(0, 1, 100)[:, None]
    assert interval(get("roc_auc"), y, p, seed=3) == interval(get("roc_auc"), y, p, seed=3)


def test_a_metric_without_a_value_has_no_interval():
    """R17: one class in the rows leaves the rank metric undefined, and says so instead of guessing."""
    assert interval(get("roc_auc"), np.zeros(50), np.linspace(0, 1, 50)[:, None], seed=0) is None


@settings(max_examples=6, deadline=None)
@given(st.integers(4, 30), st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_no_interval_leaves_the_range_of_its_metric(n, seed, skill):
    """Of a dozen rows the standard error is large: the interval still holds the score, within what is possible."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2.0
    p = np.clip(skill * labels + (1 - skill) * rng.random(n), 0.001, 0.999)[:, None]
    numbers, guess = rng.gamma(1.0, size=n) + 0.01, rng.gamma(1.0, size=(n, 1)) + 0.01
    for metric in metrics.all.values():
        if metric.function is None:
            continue
        y, prediction = (labels, p) if CLASSIFICATION & metric.kinds else (numbers, guess)
        found = interval(metric, y, prediction, seed=seed)
        if found is not None:
            low, high = found
            assert metric.bounds[0] <= low <= score(metric, y, prediction) * (1 + 1e-9) + 1e-9
            assert score(metric, y, prediction) - 1e-9 <= high * (1 + 1e-9) + 1e-9
            assert high <= metric.bounds[1]


def test_few_rows_of_a_good_ranking_stay_below_one():
    """An area of .56 with a standard error of .3 reached from -.04 to 1.16: now it lies within 0 and 1."""
    y, p = np.array([0.0, 1.0, 0.0, 1.0, 0.0]), np.array([0.2, 0.1, 0.4, 0.8, 0.6])[:, None]
    low, high = interval(get("roc_auc"), y, p, seed=0)
    assert 0.0 <= low < score(get("roc_auc"), y, p) < high <= 1.0


@pytest.mark.parametrize("turns", [60, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("truth", [0.6, 0.9, 0.97])
def test_the_interval_holds_the_truth_as_often_as_it_says(truth, turns):
    """Accuracy of 100 rows, many times: 95 % intervals hold the truth as often, less three standard errors."""
    rng = np.random.default_rng(1)
    held = 0
    for turn in range(turns):
        right = rng.random(100) < truth
        low, high = interval(get("accuracy"), np.ones(100), np.where(right, 0.9, 0.1)[:, None], seed=turn)
        held += low <= truth <= high
    assert held / turns >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / turns)
