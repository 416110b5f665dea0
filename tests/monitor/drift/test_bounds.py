"""Bounds of effects: never too high, at all looks of a life at once."""

from __future__ import annotations

import numpy as np
import pytest

from automl.monitor.drift.bounds import Care, independent, lowest, spent

CARE = Care(alpha=0.05, bounds=20, now=500.0, then=2_000.0)


def test_all_looks_of_a_life_spend_alpha() -> None:
    """However many there are, never more; and most of it early."""
    assert 0.049 < sum(spent(0.05, look) for look in range(1, 2_000)) < 0.05


def test_few_rows_and_many_bounds_are_less_sure() -> None:
    """The bound lies below what was seen, and the farther the less is known."""
    assert CARE.of_numbers(0.5) < 0.5
    assert Care(alpha=0.05, bounds=20, now=100.0, then=2_000.0).of_numbers(0.5) < CARE.of_numbers(0.5)
    assert Care(alpha=0.05, bounds=200, now=500.0, then=2_000.0).of_numbers(0.5) < CARE.of_numbers(0.5)
    half = [
        np.array([[2 / levels, 1 / levels]] * (levels // 2) + [[0.0, 1 / levels]] * (levels // 2)) for levels in (30, 2)
    ]
    assert CARE.of_levels(half[0]) < CARE.of_levels(half[1]) < 0.5


def test_a_share_is_exact_where_it_is_small() -> None:
    """Thirty of a hundred gaps where there were none are told, one of a hundred is not."""
    care = Care(alpha=1e-4, bounds=60, now=100.0, then=30_000.0)
    assert care.of_share(0.3, 0.0) > 0.05
    assert care.of_share(0.01, 0.0) <= 0.0
    assert lowest(0, 100, 0.05) == 0.0


def test_the_level_that_changed_most_shows_what_few_rows_hide() -> None:
    """Two sexes exchanged among 200 rows are surely more than a tenth; many levels that changed a little never are."""
    care = Care(alpha=1e-4, bounds=60, now=200.0, then=10_000.0)
    assert care.of_levels(np.array([[0.67, 0.33], [0.33, 0.67]])) > 0.1
    assert care.of_levels(np.array([[0.05, 0.06], [0.05, 0.04]] * 10)) < 0.0


def test_rows_of_one_customer_count_as_one() -> None:
    """Ten groups of equal size are ten, whatever rows they have; without groups each row counts."""
    assert independent(np.repeat(np.arange(10), 30), 300) == pytest.approx(10.0)
    assert independent(None, 300) == 300.0


def test_without_a_change_there_is_no_alarm() -> None:
    """Of 400 windows from the same distribution not one bound lies above 0, though every second one is apart (M01)."""
    draw = np.random.default_rng(1)
    then = np.sort(draw.random(2_000))
    found = []
    for _ in range(400):
        now = np.sort(draw.random(500))
        apart = np.abs(np.searchsorted(now, then, side="right") / 500 - np.arange(1, 2_001) / 2_000).max()
        found.append(CARE.of_numbers(float(apart)))
    assert max(found) <= 0.0
