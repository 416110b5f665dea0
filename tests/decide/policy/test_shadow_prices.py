"""Prices keep a capacity row by row, and what a capacity is comes from the spec."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Labels, Prepared, Rows, Schema
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import make_cost_matrix
from automl.decide.policy.capacity import Capacity, allot
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.shadow_prices import fit_prices, fit_shadow_prices, make_capacity, with_shadow_prices
from automl.errors import SpecError
from automl.spec.objective import Objective
from automl.task import Task

BINARY = Labels(name="y", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
DAY = 86_400_000_000.0  # microseconds
COSTS = {"false_positive": 1, "false_negative": 5}


def prepared(n: int = 1_000, **more) -> Prepared:
    frame = pl.DataFrame({"x": np.zeros(n)})
    rows = Rows(frame=frame, raw=frame, y=np.arange(n) % 2.0, **more)
    return Prepared(schema=Schema(columns=()), labels=BINARY, train=rows, test=rows, findings=(), split="", digests={})


def objective(**given) -> Objective:
    return Objective.model_validate({"target": "y", "costs": COSTS, **given})


def made(data: Prepared | None = None, **given) -> Capacity | None:
    data = prepared() if data is None else data
    asked = objective(**given)
    return make_capacity(asked, make_cost_matrix(asked, BINARY, data), data)


@pytest.mark.parametrize("seed", range(5))
def test_prices_decide_as_the_ranking_does(seed):
    """Where no two rows are alike, the prices of two competing limits give the very same decisions, row by row."""
    rng = np.random.default_rng(seed)
    each = rng.normal(size=(2_000, 3)) * [1.0, 2.0, 1.5] - [0.0, 0.5, 0.8]
    room = {1: 100, 2: 37}
    prices = fit_prices(each, {action: float(most) for action, most in room.items()}, np.ones(2_000))
    assert (prices >= 0).all()
    assert prices[0] == 0
    by_price, ranked = np.argmin(each + prices, axis=1), allot(each, room)
    assert {action: int((by_price == action).sum()) for action in room} == room
    assert (by_price == ranked).all()


def test_prices_are_free_where_there_is_room():
    """A limit that does not bind costs nothing."""
    each = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert fit_prices(each, {1: 1.0}, np.ones(2)).tolist() == [0.0, 0.0]


def test_rows_that_save_alike_are_left_out_together():
    """One row at a time nobody can tell them apart, and the limit holds."""
    each = np.array([[5.0, 0.0], [3.0, 0.0], [3.0, 0.0], [1.0, 0.0]])
    prices = fit_prices(each, {1: 2.0}, np.ones(4))
    assert np.argmin(each + prices, axis=1).tolist() == [1, 0, 0, 0]


def test_a_weight_counts_as_so_many_rows():
    """A row of weight 2 takes the room of two."""
    each = np.array([[5.0, 0.0], [4.0, 0.0], [3.0, 0.0]])
    prices = fit_prices(each, {1: 2.0}, np.array([2.0, 1.0, 1.0]))
    assert np.argmin(each + prices, axis=1).tolist() == [1, 0, 0]


def test_a_capacity_is_a_share_of_the_rows():
    """As it stands there, by the code of its action; no price is fitted yet."""
    found = made(capacity={"act": "10%", "review": "5%"}, review={"cost": 0.3})
    assert (found.shares, found.prices.tolist()) == ({1: 0.1, 2: 0.05}, [0.0, 0.0, 0.0])
    assert made() is None


def test_a_rate_is_a_share_of_the_rows_that_come():
    """50 a day of 200 a day is a quarter, whether the spec says how many come or their times do."""
    said = {"running": {"cost": "1 per 1d", "rows": "200 per 1d"}}
    assert made(capacity={"act": "50 per 1d"}, **said).shares == {1: 0.25}
    seen = prepared(1_001, time=np.linspace(0.0, 5.0 * DAY, 1_001))
    assert made(seen, capacity={"act": "50 per 1d"}).shares == {1: pytest.approx(250 / 1_001)}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"costs": None, "capacity": {"act": "10%"}}, "objective.capacity: a capacity is used where it saves most"),
        ({"capacity": {"review": "10%"}}, "objective.capacity.review: there is no review"),
        ({"capacity": {"act": "50 per 1d"}}, "objective.capacity: nobody knows how many rows come"),
        (
            {"capacity": {"act": "50 per 1d", "review": "9 per 1h"}, "review": {"cost": 0.3}},
            "objective.capacity: two capacities are for the same time",
        ),
        (
            {
                "costs": {"matrix": {"no": {"a": 0, "b": 1}, "yes": {"a": 5, "b": 0}}},
                "capacity": {"act": "10%"},
            },
            "objective.capacity.act: to act is not one of two answers",
        ),
    ],
)
def test_a_capacity_that_makes_no_sense_is_refused(given, told):
    """Each with its place."""
    with pytest.raises(SpecError, match=told):
        made(**given)


def policy(share: float, *, asks: bool = False) -> LabelPolicy:
    """Few rows can be acted on, or reviewed."""
    given = {"capacity": {"act": f"{100 * share}%"}}
    if asks:
        given = {"capacity": {"review": f"{100 * share}%"}, "review": {"cost": 0.1, "error": "5%"}}
    asked, data = objective(**given), prepared()
    costs = make_cost_matrix(asked, BINARY, data)
    return LabelPolicy(costs=costs, capacity=make_capacity(asked, costs, data))


def test_the_policy_acts_on_as_many_rows_as_there_is_room_for():
    """On the rows that the prices were fitted on: those with the highest probabilities."""
    p = np.random.default_rng(0).random((1_000, 1))
    priced = with_shadow_prices(policy(0.1), p)
    acted = priced.choose(p) == 1
    assert acted.sum() == 100
    assert p[acted].min() > p[~acted].max()
    assert (policy(0.1).choose(p) == 1).sum() > 800


def test_rows_that_are_reviewed_anyhow_use_the_room_first():
    """Ten rows lack a cost; of a room of 100 reviews 90 are left."""
    p = np.random.default_rng(0).random((1_000, 1))
    asked = np.arange(1_000) < 10
    priced = with_shadow_prices(policy(0.1, asks=True), p, asked=asked)
    assert (priced.choose(p[~asked]) == 2).sum() == 90


def test_prices_are_fitted_on_calibrated_out_of_fold_rows():
    """Those of `with_shadow_prices` on what is calibrated without the fold; without a capacity there are none."""
    rng = np.random.default_rng(0)
    p = rng.random((1_000, 1))
    data = prepared()
    oof = OutOfFold.of(p, data.train, BINARY.task, seed=1)
    fitted = fit_shadow_prices(policy(0.1), oof)
    expected = with_shadow_prices(policy(0.1), oof.calibrated)
    assert fitted.capacity.prices.tolist() == expected.capacity.prices.tolist()
    free = LabelPolicy(costs=fitted.costs)
    assert fit_shadow_prices(free, oof) is free
    assert with_shadow_prices(free, p) is free


@pytest.mark.parametrize("factor", [2.0**-60, 2.0**60])
@pytest.mark.parametrize("tied", [False, True])
def test_prices_follow_the_unit_of_money(factor, tied):
    """Costs in another currency are priced in that currency, where rows save alike too."""
    draw = np.random.default_rng(3)
    each = np.tile([[5.0, 1.0, 3.0]], (50, 1)) if tied else draw.normal(size=(50, 3))
    room = {1: 10.0, 2: 5.0}
    prices = fit_prices(each, room, np.ones(50))
    assert prices.max() > 0
    assert (fit_prices(each * factor, room, np.ones(50)) == prices * factor).all()
