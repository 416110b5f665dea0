"""The promise knows how sure it is, and where the costs give no bounds, bounds are taken from the evidence."""

from __future__ import annotations

import numpy as np
import pytest

from automl.monitor.money.promise import CUT, Range, promise, range_of, student


def test_the_lower_end_lies_above_the_truth_as_seldom_as_it_says():
    """Of 250 rows of which few cost much, 2.5 % of the lower ends may lie above the truth; Student's own do oftener."""
    rng, within = np.random.default_rng(0), Range(low=-5.0, high=1.0)
    values, shares = np.array([1.0, 0.0, -5.0]), np.array([0.4, 0.565, 0.035])
    truth, above, plain = float(values @ shares), 0, 0
    for _ in range(1_500):
        given = promise(rng.choice(values, 250, p=shares), within)
        above += given.low(0.025) > truth
        plain += given.saving - student(0.025, 249) * given.error > truth
    assert above / 1_500 <= 0.035  # 2.5 % and two and a half standard errors
    assert plain > 1.5 * above


def test_a_promise_on_many_rows_is_students():
    """With many rows the unit that is added weighs nothing."""
    values = np.random.default_rng(1).uniform(-1, 1, 50_000) + 0.2
    given = promise(values, Range(low=-1.0, high=1.5))
    assert given.low(0.025) == pytest.approx(given.saving - 1.96 * given.error, abs=1e-4)
    assert given.high(0.025) == pytest.approx(given.saving + 1.96 * given.error, abs=1e-6)


def test_weights_count():
    """A row of weight 2 is a row twice, for the saving."""
    values = np.array([1.0, 0.0, 0.5, -1.0])
    weighted = promise(values, Range(low=-5, high=5), np.array([2.0, 1.0, 1.0, 1.0]))
    assert weighted.saving == pytest.approx(promise(np.append(values, 1.0), Range(low=-5, high=5)).saving)


def test_rows_that_all_save_alike_promise_that():
    """No spread, no rows that cost: the lower end is near, and nothing divides by 0."""
    given = promise(np.ones(100), Range(low=-1.0, high=1.0))
    assert given.error == 0
    assert 0.9 < given.low(0.025) < 1.0


def test_bounds_of_the_evidence_cut_little_money():
    """Beyond the range lies at most `CUT` of the money, and the range is no wider than it has to be."""
    values = np.random.default_rng(2).standard_t(3, 5_000)
    found = range_of(values)
    assert 0 < found.share_clipped(values) <= CUT
    assert Range(low=0.97 * found.low, high=0.97 * found.high).share_clipped(values) > CUT
    assert np.abs(found.clipped(values)).max() == found.high == -found.low
    assert range_of(np.zeros(3)).width > 0
    assert range_of(np.array([1.0, np.nan])).high == 1.0
