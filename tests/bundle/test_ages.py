"""What a manifest tells of ages."""

from __future__ import annotations

import pytest

from automl.bundle.ages import AgeRecord, lost_until, unpriced


def test_without_its_money_the_loss_stays():
    """Other costs make another policy, and no other members."""
    told = {
        "start": 0.0,
        "end": 86_400.0,
        "rows": 100,
        "loss": 0.5,
        "fresh": 0.4,
        "worse": 0.1,
        "low": 0.0,
        "high": 0.2,
    }
    whole = AgeRecord(**told, lost=30.0, lost_low=10.0, lost_high=50.0)
    assert unpriced(whole) == AgeRecord(**told)


def _aged(start: float, end: float, lost: float | None) -> AgeRecord:
    return AgeRecord(start=start, end=end, rows=100, loss=0.5, fresh=0.4, worse=0.1, low=0.0, high=0.2, lost=lost)


def test_a_model_loses_little_while_it_is_young():
    """Ten days without a loss, ten at 6, and for as long as one likes at 12: the mean so far."""
    ages = [_aged(10.0, 20.0, 6.0), _aged(20.0, 30.0, 12.0)]
    found = [lost_until(ages, until) for until in (0.0, 10.0, 15.0, 20.0, 30.0, 60.0)]
    assert found == pytest.approx([0.0, 0.0, 2.0, 3.0, 6.0, 9.0])


def test_without_money_nobody_knows():
    """Nor without any stretch."""
    assert lost_until([_aged(10.0, 20.0, None)], 15.0) is None
    assert lost_until([], 15.0) is None
