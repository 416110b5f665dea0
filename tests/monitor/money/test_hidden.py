"""Bounds hold whatever hidden rows are, and narrower ones where the stated odds ratio holds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from automl.monitor.money.hidden import within_odds, worst_case
from automl.monitor.money.outcomes import Outcomes


def drawn(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chances of default, what a loan saves against granting all, and who is declined."""
    p = rng.beta(1, 3, n)
    declined = p > 1 / 6
    return p, np.where(declined[:, None], [-1.0, 5.0], 0.0), declined


def test_bounds_hold_where_they_say_so():
    """The worst case always; odds within 2 in 95 % and more where hidden odds are twice what the model says."""
    rng, worst_held, odds_held, widths, naive_held = np.random.default_rng(0), 0, 0, [], 0
    for _ in range(200):
        p, saved, declined = drawn(rng, 500)
        odds = np.where(declined, 2.0, 1.0) * p / (1 - p)
        y = (rng.random(500) < odds / (1 + odds)).astype(int)
        truth = saved[np.arange(500), y]
        outcomes = Outcomes(saved=saved, chance=np.column_stack((1 - p, p)))
        seen = np.where(declined, np.nan, truth)
        worst = worst_case(np.where(declined, 0.0, truth), outcomes, declined)
        stated = within_odds(np.where(declined, 0.0, truth), outcomes, declined, ratio=2.0, alpha=0.05)
        mean = truth.mean()
        worst_held += worst.low <= mean <= worst.high
        odds_held += stated.low <= mean <= stated.high
        naive_held += abs(np.nanmean(seen) - mean) < 0.1
        widths.append((stated.high - stated.low) / (worst.high - worst.low))
    assert worst_held == 200
    assert odds_held >= 190
    assert np.mean(widths) <= 0.7
    assert naive_held < 100


@pytest.mark.parametrize("ratio", [1.0, 1.5, 4.0])
def test_the_extremes_are_those_of_all_ways_to_be_off(ratio):
    """Of four truths each may weigh 1 or `ratio`: no way gives more or less than the bounds, and some reach them."""
    rng = np.random.default_rng(3)
    chance, saved = rng.dirichlet(np.ones(4), 6), rng.normal(size=(6, 4))
    outcomes, hidden = Outcomes(saved=saved, chance=chance), np.ones(6, dtype=bool)
    found = within_odds(np.zeros(6), outcomes, hidden, ratio=ratio, alpha=1.0)
    ways = [chance * np.array(way) for way in product((1.0, ratio), repeat=4)]
    each = np.array([(way * saved).sum(axis=1) / way.sum(axis=1) for way in ways])
    assert found.low == pytest.approx(each.min(axis=0).mean())
    assert found.high == pytest.approx(each.max(axis=0).mean())


def test_without_hidden_rows_there_is_nothing_to_bound():
    """Both ends are the mean of what was seen."""
    saved, outcomes = np.array([1.0, -1.0, 3.0]), Outcomes(saved=np.zeros((3, 2)), chance=np.full((3, 2), 0.5))
    found = worst_case(saved, outcomes, np.zeros(3, dtype=bool))
    assert (found.low, found.high, found.seen, found.hidden) == (1.0, 1.0, 1.0, 0.0)
