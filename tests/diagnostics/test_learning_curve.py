"""What more rows would bring, against losses whose law is known."""

from __future__ import annotations

import numpy as np
import pytest

from automl.diagnostics.learning_curve import learning_curve

SIZES = (125, 250, 500, 1_000)


def curve_of(losses, **how):
    told = {"learner": "it", "rows": 1_000, "in_money": False, "seed": 0, **how}
    return learning_curve(losses, np.ones(len(losses[SIZES[0]])), told.pop("group", None), **told)


def test_a_known_law_is_drawn_on():
    """Losses of 1 + 3 / sqrt(rows): at twice the rows what the law says, per 1,000 rows where it is money."""
    losses = {size: np.full(50, 1 + 3 / np.sqrt(size)) for size in SIZES}
    found = curve_of(losses)
    gain = 3 / np.sqrt(1_000) - 3 / np.sqrt(2_000)
    assert found.gain == pytest.approx(gain)
    assert (found.low, found.high) == pytest.approx((gain, gain))
    assert [point.rows for point in found.points] == list(SIZES)
    money = curve_of(losses, in_money=True)
    assert money.gain == pytest.approx(1_000 * gain)
    assert money.points[0].loss == pytest.approx(1_000 * losses[125][0])


def test_its_interval_holds_the_truth():
    """Rows that lose by chance, of 200 curves the interval holds what is true in nine of ten at the least."""
    rng = np.random.default_rng(0)
    gain = 2 / np.sqrt(1_000) - 2 / np.sqrt(2_000)
    held = 0
    for _ in range(200):
        each = rng.exponential(size=200)
        found = curve_of({size: each * (1 + 2 / np.sqrt(size)) + 0.2 * rng.normal(size=200) for size in SIZES})
        held += found.low <= gain <= found.high
    assert held >= 180


def test_points_off_the_line_widen_it():
    """Points that no line meets say less, and customers of many rows count as one."""
    each = np.random.default_rng(0).exponential(size=100)
    line = {size: each * (1 + 3 / np.sqrt(size)) for size in SIZES}
    bent = {size: losses + 0.2 * (k % 2) for k, (size, losses) in enumerate(line.items())}
    straight, crooked = curve_of(line), curve_of(bent)
    assert crooked.high - crooked.low > 2 * (straight.high - straight.low)
    four = {size: np.repeat(losses, 4) for size, losses in line.items()}
    grouped = curve_of(four, group=np.repeat(np.arange(100), 4))
    alone = curve_of(four)
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


def test_two_sizes_are_no_curve():
    """A line through two points meets both: nothing is said."""
    assert curve_of({size: np.ones(9) for size in SIZES[:2]}) is None
