"""What a champion will lose by its age counts for who learned anew, as far as it is shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from automl.bundle.ages import AgeRecord
from automl.monitor.money.ledger import NumberLedger, SquaredLedger
from automl.retrain.aging import Aging, aging
from automl.retrain.contest import Ages

MONTH = 30 * 86_400.0


@pytest.fixture
def aged(judged):
    """The aging of a champion whose older models lose `lost` more, in stretches of a month."""

    def make(lost, ages, *, wide=0.0, ledger=None):
        records = tuple(
            AgeRecord(
                start=place * MONTH,
                end=(place + 1) * MONTH,
                rows=500,
                loss=1.0,
                fresh=0.5,
                worse=0.5,
                low=0.5,
                high=0.5,
                **({} if each is None else {"lost": each, "lost_low": each - wide, "lost_high": each + wide}),
            )
            for place, each in enumerate(lost)
        )
        champion = SimpleNamespace(manifest=SimpleNamespace(ages=records))
        rows = SimpleNamespace(ages=ages)
        return aging(SimpleNamespace(champion=champion, rows=rows), ledger or judged.ground.ledger)

    return make


def test_it_is_what_is_lost_more_in_use_than_when_it_was_judged(aged):
    """Judged while it was new, used in the third month and for good; the errors of what tells of either are joined."""
    later = Ages(judged=(0.0, 2 * MONTH), used=(2 * MONTH, 5 * MONTH))
    found = aged([10.0, 20.0, 40.0], later, wide=1.96)
    assert found.mean == pytest.approx(40.0 - 15.0)
    assert found.error == pytest.approx((1.0 + 0.25 + 0.25) ** 0.5)


def test_who_is_used_at_the_age_of_the_judged_rows_loses_no_more(aged):
    """Nothing is added, and nothing is uncertain about it."""
    assert aged([10.0, 20.0], Ages(judged=(0.0, MONTH), used=(0.0, MONTH)), wide=9.0) == Aging(mean=0.0, error=0.0)


def test_without_a_shelf_life_nothing_is_known(aged):
    """No stretches, no time, or stretches without money where money is judged."""
    later = Ages(judged=(0.0, MONTH), used=(MONTH, 2 * MONTH))
    assert aged([], later) is None
    assert aged([10.0, 20.0], None) is None
    assert aged([10.0, None], later) is None


def test_without_money_the_loss_itself_counts(aged):
    """Log loss and squared errors stand in the stretches, per row; of decided numbers nothing does."""
    later = Ages(judged=(0.0, MONTH), used=(MONTH, 2 * MONTH))
    squared = SquaredLedger(constant=0.0, most=1.0, errors=None)
    assert aged([None, None], later, ledger=squared) == Aging(mean=0.0, error=0.0)
    assert aged([None, None], later, ledger=NumberLedger(costs=None, constant=0.0, errors=None)) is None
