"""How old rows are whose labels are known tells what early labels stand for."""

from __future__ import annotations

import numpy as np
import pytest

from automl.monitor.money.maturity import DAY, Delays


def learned(rng: np.random.Generator) -> Delays:
    """Defaults are known within 20 days, and what did not default from day 10 to 60."""
    label = rng.integers(0, 2, 4_000).astype(float)
    delay = np.where(label == 1, rng.uniform(0, 20, 4_000), rng.uniform(10, 60, 4_000)) * DAY
    found = Delays.of(delay, label)
    assert found is not None
    return found


def test_early_labels_count_for_those_that_still_come():
    """Of young rows mostly defaults are known; weighed, the share of defaults is that of all rows."""
    rng = np.random.default_rng(0)
    delays = learned(rng)
    label = (rng.random(20_000) < 0.3).astype(float)
    age = rng.uniform(16, 70, 20_000) * DAY
    delay = np.where(label == 1, rng.uniform(0, 20, 20_000), rng.uniform(10, 60, 20_000)) * DAY
    known = np.where(delay <= age, label, np.nan)
    weight = np.nan_to_num(delays.weights(known, age))
    assert np.nanmean(known) > 0.34
    assert weight @ np.nan_to_num(known) / weight.sum() == pytest.approx(0.3, abs=0.02)


def test_rows_too_young_for_a_kind_of_label_tell_nothing():
    """At an age by which hardly any "no" is known, a default stands for nobody."""
    delays = learned(np.random.default_rng(1))
    found = delays.weights(np.array([1.0, 1.0, np.nan, 0.0]), np.array([9.0, 70.0, 70.0, 70.0]) * DAY)
    assert np.isnan(found[[0, 2]]).all()
    assert found[[1, 3]].tolist() == [1.0, 1.0]


def test_delays_are_told_in_days_and_learned_of_enough_rows():
    """By 60 days all are known; of few rows, or few of one label, nothing is learned."""
    days = learned(np.random.default_rng(2)).told()
    assert [share for _, share in days] == sorted(share for _, share in days)
    assert 55 < days[-1][0] <= 60
    assert Delays.of(np.ones(50), np.zeros(50)) is None
    assert Delays.of(np.ones(200), np.array([1.0] + [0.0] * 199)) is None
