"""Labels that came tell of all rows of a window, with an interval that holds."""

from __future__ import annotations

import numpy as np
import pytest

from automl.monitor.money.labelled import realised

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


def drawn(rng: np.random.Generator, n: int = 1_000, share: float = 0.2, size: int = 1) -> Drawn:
    """What `n` rows are expected to save and did, and who has a label: groups of `size` rows together."""
    group = np.arange(n) // size
    effect = rng.normal(0, 1, group.max() + 1)[group]
    expected = rng.normal(0.3, 1, n)
    saved = expected + effect * (size > 1) + rng.normal(0, 0.5, n)
    known = (rng.random(group.max() + 1) < share)[group]
    return expected, saved, np.where(known, saved, np.nan)


@pytest.mark.parametrize("size", [1, 5])
def test_the_interval_holds_these_very_rows(size):
    """In 95 % of windows, less what 300 of them may be off by; rows of one customer hang together."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(300):
        expected, saved, seen = drawn(rng, size=size)
        found = realised(seen, expected, group=np.arange(1_000) // size, alpha=0.05)
        held += found.low <= saved.mean() <= found.high
    assert held / 300 >= 0.90


def test_a_model_that_tells_narrows_the_interval_and_one_that_does_not_is_left_out():
    """Power tuning: half as wide or less with a good estimate; with noise as wide as without one."""
    expected, _, seen = drawn(np.random.default_rng(1))
    noise = np.random.default_rng(2).normal(size=1_000)

    def width(helped: np.ndarray) -> float:
        found = realised(seen, helped, alpha=0.05)
        return found.high - found.low

    alone = width(np.zeros(1_000))
    assert width(expected) < alone / 2
    assert width(noise) < 1.02 * alone


def test_with_all_labels_nothing_is_left_to_estimate():
    """The mean is that of the rows, and the interval a point."""
    expected, saved, _ = drawn(np.random.default_rng(3))
    found = realised(saved, expected, alpha=0.05)
    assert (found.known, found.rows) == (1_000, 1_000)
    assert found.low == found.high == pytest.approx(saved.mean())


def test_labels_that_come_the_sooner_are_weighed():
    """Where losses are known four times as often, 1/P(known) brings the mean back; without it is far off."""
    rng = np.random.default_rng(4)
    saved = np.where(rng.random(20_000) < 0.3, -5.0, 1.0)
    chance = np.where(saved < 0, 0.8, 0.2)
    seen = np.where(rng.random(20_000) < chance, saved, np.nan)
    weighed = realised(seen, np.zeros(20_000), np.nan_to_num(1 / chance), alpha=0.05)
    plain = realised(seen, np.zeros(20_000), alpha=0.05)
    assert weighed.low <= saved.mean() <= weighed.high
    assert not plain.low <= saved.mean() <= plain.high


def test_one_label_tells_no_spread():
    """Without labels, and with a single one, nothing is said."""
    assert realised(np.full(5, np.nan), np.zeros(5), alpha=0.05) is None
    assert realised(np.array([1.0, np.nan]), np.zeros(2), alpha=0.05) is None
    assert realised(np.array([1.0, 2.0]), np.zeros(2), group=np.array([3, 3]), alpha=0.05) is None
