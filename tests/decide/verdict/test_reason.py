"""The verdict in words says on which rows, against what, how much, and what follows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.decide.verdict.bootstrap import ComparedCosts
from automl.decide.verdict.reason import left_out, money, reason

SAVES = ComparedCosts(ours=500.0, others=np.array([900.0]), saving=400.0, low=100.0, high=700.0, error=150.0)
UNSURE = replace(SAVES, low=-10.0)
LOSES = ComparedCosts(ours=900.0, others=np.array([500.0]), saving=-400.0, low=-700.0, high=-100.0, error=150.0)


@pytest.mark.parametrize(
    ("whole", "alone", "told"),
    [
        (SAVES, SAVES, "The interval lies above 0, so deploying is worth it."),
        (UNSURE, SAVES, "The interval does not lie above 0, so deploying is not shown to be worth it."),
        (SAVES, LOSES, "The test part alone saves nothing, so deploying is not shown to be worth it."),
    ],
)
def test_what_follows_hangs_on_the_interval_and_on_the_test_part(whole, alone, told):
    """The interval first, then the veto of the test part."""
    assert reason(whole, alone, against="always 'no'", rows=(200, 0), currency="").endswith(told)


def test_rows_money_and_rival_are_told():
    """With the currency, and how often out-of-fold rows were decided."""
    told = reason(SAVES, SAVES, against="always 'no'", rows=(250, 1_750), currency="EUR", repeats=5)
    assert told.startswith(
        "On 250 test rows and 1,750 out-of-fold rows (5 times calibrated and decided without their fold) the model "
        "saves 400 EUR per 1,000 rows against always 'no' (95 % interval 100 to 700)."
    )


def test_a_loss_is_told_as_a_loss():
    """And test rows that stand alone without any others."""
    told = reason(LOSES, LOSES, against="always 'no'", rows=(2_000, 0), currency="")
    assert told.startswith("On 2,000 test rows the model loses 400 per 1,000 rows against always 'no'")


def test_rows_that_were_left_out_are_told():
    """One, several, or none."""
    assert left_out(0) == ""
    assert left_out(1) == " 1 row is left out: it lacks a cost."
    assert left_out(1_200) == " 1,200 rows are left out: they lack a cost."


@pytest.mark.parametrize(
    ("amount", "told"), [(0.0, "0"), (1234567.8, "1,234,568"), (12.3456, "12.3"), (-0.01234, "-0.0123"), (2.0, "2")]
)
def test_money_has_three_digits_that_count(amount, told):
    """Thousands stand apart, and no zeros behind the point."""
    assert money(amount) == told
