"""Without labels money is estimated with all that is not known of it, where rows are like some old ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.monitor.money.outcomes import Outcomes
from automl.monitor.money.shift import shift_weights
from automl.monitor.money.unlabelled import LEAST, Estimated, Evidence, estimated


class World:
    """A probability that is off for half of the rows, and rows of that half which may come more often."""

    def __init__(self, rng: np.random.Generator, n: int, share: float) -> None:
        self.half = (rng.random(n) < share).astype(np.int64)
        self.bins = np.column_stack((self.half, rng.integers(0, 6, n)))
        p = rng.beta(2, 5, n)
        self.y = (rng.random(n) < p + 0.15 * self.half).astype(np.int64)
        act = p > 0.2
        saved = np.column_stack((np.where(act, -1.0, 0.0), np.where(act, 5.0, 0.0)))
        self.outcomes = Outcomes(saved=saved, chance=np.column_stack((1 - p, p)))
        self.saved = saved[np.arange(n), self.y]


def look(rng: np.random.Generator, *, weighted: bool) -> tuple[Estimated, float]:
    """Old rows of which a fifth are of the half that is off, new ones of which four fifths are."""
    old, new = World(rng, 3_000, 0.2), World(rng, 1_000, 0.8)
    kept = Evidence(beyond=old.saved - old.outcomes.expected, weight=np.ones(3_000))
    shift = shift_weights(old.bins, new.bins, seed=0) if weighted else None
    return estimated(new.outcomes, kept, shift, alpha=0.05, seed=0), float(new.saved.mean())


def test_intervals_hold_what_was_then_saved_under_shift():
    """In 90 % of 40 looks and more with weights; without them the estimate is off, for old rows are unlike new ones."""
    rng, held, plain = np.random.default_rng(0), 0, 0
    for _ in range(40):
        found, truth = look(rng, weighted=True)
        held += found.low <= truth <= found.high
        found, truth = look(rng, weighted=False)
        plain += found.low <= truth <= found.high
    assert held >= 36
    assert plain < 30


def test_weights_are_those_of_the_densities():
    """Four times as many of one half: its old rows weigh 4, the others a quarter, and they are worth fewer rows."""
    rng = np.random.default_rng(1)
    old, new = World(rng, 4_000, 0.2), World(rng, 4_000, 0.8)
    weights = shift_weights(old.bins, new.bins, seed=0)
    assert weights[old.half == 1].mean() == pytest.approx(4.0, rel=0.1)
    assert weights[old.half == 0].mean() == pytest.approx(0.25, rel=0.1)
    found = estimated(new.outcomes, Evidence(beyond=old.saved, weight=np.ones(4_000)), weights, alpha=0.05, seed=0)
    assert found.effective == pytest.approx(4_000 / (0.2 * 16 + 0.8 / 16), rel=0.1)
    assert found.trusted


def test_rows_unlike_all_old_ones_cannot_be_trusted():
    """Where fewer than a hundred effective rows are like the new ones, and where no rows were kept, it is said."""
    rng = np.random.default_rng(2)
    old, new = World(rng, 1_000, 0.01), World(rng, 1_000, 1.0)
    weights = shift_weights(old.bins, new.bins, seed=0)
    kept = Evidence(beyond=old.saved - old.outcomes.expected, weight=np.ones(1_000))
    found = estimated(new.outcomes, kept, weights, alpha=0.05, seed=0)
    assert found.effective is not None
    assert found.effective < LEAST
    assert not found.trusted
    assert not estimated(new.outcomes, alpha=0.05, seed=0).trusted


def test_evidence_of_few_customers_is_less_sure():
    """Rows of one group hang together: the interval is wider than with rows that stand alone."""
    rng = np.random.default_rng(3)
    new = World(rng, 5_000, 0.5)
    group = np.arange(500) // 20
    beyond = rng.normal(size=25)[group] + rng.normal(size=500)
    alone = estimated(new.outcomes, Evidence(beyond=beyond, weight=np.ones(500)), alpha=0.05, seed=0)
    together = estimated(new.outcomes, Evidence(beyond=beyond, weight=np.ones(500), group=group), alpha=0.05, seed=0)
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_the_next_period_may_be_off_as_periods_were():
    """Where months differ by more than chance the interval holds a new one; where not, it is as wide as before."""
    rng, held, plain, wide = np.random.default_rng(4), 0, 0, []
    new = World(rng, 2_000, 0.5)
    for spread in (0.3, 0.0):
        for _ in range(40):
            months = spread * rng.normal(size=13)
            period = np.repeat(np.arange(12), 200)
            kept = Evidence(beyond=months[period] + rng.normal(size=2_400), weight=np.ones(2_400), period=period)
            found = estimated(new.outcomes, kept, alpha=0.05, seed=0)
            alone = estimated(new.outcomes, replace(kept, period=None), alpha=0.05, seed=0)
            truth = float(new.outcomes.expected.mean()) + months[12]
            if spread:
                held += found.low <= truth <= found.high
                plain += alone.low <= truth <= alone.high
            else:
                wide.append((found.high - found.low) / (alone.high - alone.low))
    assert held >= 35
    assert plain < 25
    assert np.median(wide) < 1.2
