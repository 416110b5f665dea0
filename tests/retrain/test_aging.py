"""What a champion will lose by its age counts for who learned anew, as far as it is shown."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
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
    """Ten more with each month, judged while it was new, used from the third month on: later ages count as its end."""
    later = Ages(judged=(0.0, 2 * MONTH), used=(2 * MONTH, 5 * MONTH))
    found = aged([5.0, 15.0, 25.0], later, wide=1.96)
    assert found.mean == pytest.approx(10.0 * ((2.5 + 3.0 + 3.0) / 3 - 1.0))
    assert found.error == pytest.approx(((2.5 + 3.0 + 3.0) / 3 - 1.0) / np.sqrt(0.25 + 2.25 + 6.25))
    assert aged([5.0, 15.0, 25.0], Ages(judged=(MONTH, MONTH), used=(2 * MONTH, 2 * MONTH))).mean == pytest.approx(10.0)
    assert aged([5.0, 15.0, 25.0], Ages(judged=(4 * MONTH, 5 * MONTH), used=(5 * MONTH, 6 * MONTH))).mean == 0.0
    assert aged([0.0, 0.0], later) == Aging(mean=0.0, error=0.0)


def test_stretches_that_lie_off_the_line_make_it_less_sure(aged):
    """Intervals that are too narrow for how they lie are not believed."""
    later = Ages(judged=(0.0, MONTH), used=(MONTH, 3 * MONTH))
    near, off = (aged(lost, later, wide=1.96) for lost in ([5.0, 15.0, 25.0], [5.0, 45.0, 5.0]))
    assert off.error > 10 * near.error


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
    assert aged([None, None], later, ledger=squared).mean == pytest.approx(1_000 * 0.5 * (0.5 + 1.5) / (0.25 + 2.25))
    assert aged([None, None], later, ledger=NumberLedger(costs=None, constant=0.0, errors=None)) is None
