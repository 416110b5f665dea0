"""The interval of a score covers what it claims and is honest about what has no value."""

import numpy as np

from automl.metrics import get
from automl.metrics.interval import interval


def test_the_interval_of_a_mean_is_the_textbook_one():
    """The absolute error of n independent rows: plus and minus 1.96 standard deviations over the root of n."""
    rng = np.random.default_rng(0)
    error = rng.exponential(size=2_000)
    low, high = interval(get("mae"), error, np.zeros((2_000, 1)), seed=1)
    reach = 1.96 * error.std() / np.sqrt(2_000)
    assert abs((high - low) / 2 - reach) < 0.25 * reach
    assert abs((high + low) / 2 - error.mean()) < 1e-12


def test_the_same_seed_gives_the_same_interval():
    """R12: an interval is part of a manifest that reproduces."""
    y, p = np.array([0.0, 1.0] * 50), np.linspace(0, 1, 100)[:, None]
    assert interval(get("roc_auc"), y, p, seed=3) == interval(get("roc_auc"), y, p, seed=3)


def test_a_metric_without_a_value_has_no_interval():
    """R17: one class in the rows leaves the rank metric undefined, and says so instead of guessing."""
    assert interval(get("roc_auc"), np.zeros(50), np.linspace(0, 1, 50)[:, None], seed=0) is None
