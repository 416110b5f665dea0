"""The verdict is what a comparison says, and its running cost tells from which volume it pays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.decide.costs.running_cost import RunningCost
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.verdict.bootstrap import ComparedCosts
from automl.decide.verdict.verdict import BaselineCost, Basis, CellCost, Verdict, make_scenario, make_verdict
from automl.spec.units import Rate

WHOLE = ComparedCosts(ours=500.0, others=np.array([900.0, 1_000.0]), saving=400.0, low=100.0, high=700.0, error=150.0)
ALONE = ComparedCosts(ours=600.0, others=np.array([800.0, 900.0]), saving=200.0, low=-50.0, high=450.0, error=125.0)
COSTS = UnitCosts(under=1.0, over=2.0, currency="EUR")
BEST = BaselineCost(action="7", cost=900.0)


def made(basis: Basis, costs: UnitCosts = COSTS) -> Verdict:
    cells = (CellCost(cell="under", cost=1.0),)
    return make_verdict(basis, costs, against="always 7", best=BEST, policies=(BEST,), amounts=cells, scenarios=())


def test_test_rows_that_stand_alone_are_the_whole_evidence():
    """Their saving is the saving; in all it is that of so many thousand rows."""
    found = made(Basis(whole=WHOLE, alone=WHOLE, test_rows=2_500, oof_rows=None))
    assert (found.worth, found.evidence, found.rows, found.test_rows) == (True, "test", 2_500, 2_500)
    assert (found.ours, found.saving, found.low, found.high) == (500.0, 400.0, 100.0, 700.0)
    assert (found.test_ours, found.test_saving, found.test_total) == (500.0, 400.0, 1_000.0)
    assert (found.best, found.currency, found.amounts[0].cost) == ("7", "EUR", 1.0)
    assert found.running is None


def test_out_of_fold_rows_help_and_the_test_part_is_told_alone():
    """Both parts are counted, and each has its own figures."""
    found = made(Basis(whole=WHOLE, alone=ALONE, test_rows=200, oof_rows=800, repeats=5, unpriced=3))
    assert (found.evidence, found.rows, found.test_rows, found.unpriced) == ("test and out-of-fold", 1_000, 200, 3)
    assert (found.saving, found.test_saving, found.test_low, found.test_total) == (400.0, 200.0, -50.0, 40.0)
    assert found.reason.startswith("On 200 test rows and 800 out-of-fold rows (5 times")
    assert found.reason.endswith("3 rows are left out: they lack a cost.")


@pytest.mark.parametrize(
    ("whole", "alone", "worth"),
    [
        (WHOLE, ALONE, True),
        (replace(WHOLE, low=0.0), ALONE, False),
        (WHOLE, replace(ALONE, saving=0.0), False),
    ],
)
def test_it_is_worth_it_where_the_interval_lies_above_0_and_the_test_part_saves(whole, alone, worth):
    """Both, or it is not shown."""
    assert made(Basis(whole=whole, alone=alone, test_rows=200, oof_rows=800)).worth is worth


@pytest.mark.parametrize(("saving", "volume"), [(400.0, "1000 per 1d"), (-600.0, None)])
def test_the_volume_from_which_it_pays_is_that_of_the_saving_before_the_running_cost(saving, volume):
    """600 a day for 3,000 rows is 200 for 1,000; net 400 is 0.6 a row before it, which earns 600 with 1,000 rows."""
    day = 86_400.0
    costs = replace(COSTS, running=RunningCost(cost=Rate(count=600, seconds=day), rows=Rate(count=3_000, seconds=day)))
    whole = replace(WHOLE, saving=saving)
    found = made(Basis(whole=whole, alone=whole, test_rows=2_000, oof_rows=None), costs)
    assert found.running.cost == pytest.approx(200.0)
    assert found.running.pays_from == volume


def test_a_scenario_is_worth_it_where_its_interval_lies_above_0():
    """With the changed amount and what was compared under it."""
    found = make_scenario("under", 2.0, 2.0, ALONE)
    assert (found.cell, found.factor, found.amount) == ("under", 2.0, 2.0)
    assert (found.saving, found.low, found.high, found.worth) == (200.0, -50.0, 450.0, False)
    assert make_scenario("under", 2.0, 2.0, WHOLE).worth
