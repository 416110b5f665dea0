"""What a manifest tells of ages."""

from __future__ import annotations

from automl.bundle.ages import AgeRecord, unpriced


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
