"""A batch under a capacity is ranked as a whole, in each stretch of time or by how long it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.bundle.files import open_files
from automl.bundle.manifest import Output
from automl.bundle.ranking import Ranking
from automl.spec.units import Rate

SPEC = {"objective": {"target": "y"}, "data": {"time": ["day"]}}
GAIN = np.array([1.0, 5.0, 3.0, -2.0, 4.0, 2.0])  # what acting on each row saves
EACH = np.stack([np.zeros(6), -GAIN], axis=1)  # the costs of letting pass and of acting
DECIDED = ["yes", "yes", "yes", "no", "yes", "yes"]  # row by row, without a look at the others


def ranking(limit: Rate | float, **more: Any) -> Ranking:
    told: dict[str, Any] = {"time": (), "flow": None, "removing": False}
    return Ranking(
        actions=("no", "yes"), columns=("cost_no", "cost_yes"), limits={1: limit}, spec=SPEC, **(told | more)
    )


@pytest.mark.parametrize(("share", "acted"), [(1.0, [0, 1, 2, 4, 5]), (0.5, [1, 2, 4]), (1 / 3, [1, 4]), (1 / 6, [1])])
def test_a_share_goes_to_the_rows_that_gain_most(share, acted):
    """Of six rows a half are three: those where acting saves most; a row that loses by it gets no room."""
    codes = ranking(share).decide(EACH, DECIDED, None)
    assert np.flatnonzero(codes).tolist() == acted


def test_a_batch_without_room_for_one_row_stands_as_decided():
    """A share of 0.1 of six rows is none: the price of the room has decided each row already."""
    assert ranking(0.1).decide(EACH, DECIDED, None).tolist() == [1, 1, 1, 0, 1, 1]


def test_no_rows_are_no_batch():
    """Nothing in, nothing out, with and without a time."""
    times = pl.DataFrame({"day": []}, schema={"day": pl.String})
    for limit in (0.5, Rate(count=1, seconds=86_400)):
        assert ranking(limit, time=("day",)).decide(np.empty((0, 2)), [], times).tolist() == []


def test_each_day_has_its_own_room():
    """Two a day: the best two of each day, whatever the other days have; rows without a time are a stretch too."""
    days = ["2024-03-01", "2024-03-01 23:59", "2024-03-01", "2024-03-02", "2024-03-02", None]
    times = pl.DataFrame({"day": days})
    codes = ranking(Rate(count=2, seconds=86_400), time=("day",)).decide(EACH, DECIDED, times)
    assert np.flatnonzero(codes).tolist() == [1, 2, 4, 5]


def test_a_batch_lasts_as_long_as_its_rows_take_to_come():
    """Three rows an hour: six rows last two hours, so 1 per 1h leaves room for two; unknown, for one."""
    limit = Rate(count=1, seconds=3_600)
    known = ranking(limit, flow=3 / 3_600).decide(EACH, DECIDED, None)
    assert np.flatnonzero(known).tolist() == [1, 4]
    assert np.flatnonzero(ranking(limit).decide(EACH, DECIDED, None)).tolist() == [1]


def test_promised_floors_only_take_rows_away():
    """Where acting was promised for some rows, no other row is added in their place."""
    decided = ["yes", "no", "yes", "no", "no", "no"]
    assert np.flatnonzero(ranking(0.5).decide(EACH, decided, None)).tolist() == [1, 2, 4]
    kept = ranking(0.5, removing=True).decide(EACH, decided, None)
    assert np.flatnonzero(kept).tolist() == [0, 2]
    cut = ranking(1 / 6, removing=True).decide(EACH, decided, None)
    assert np.flatnonzero(cut).tolist() == [2]


def test_times_are_there_or_not():
    """Raw rows with every column of the time have one; a column short they have none, and nobody guesses."""
    rows = pl.DataFrame({"day": ["2024-01-01"], "x": [1]})
    assert ranking(0.5, time=("day",)).times(rows).columns == ["day"]
    assert ranking(0.5, time=("day", "hour")).times(rows) is None
    assert ranking(0.5).times(rows) is None


def test_costs_are_found_by_name():
    """The order of the scored columns does not matter."""
    scored = pl.DataFrame({"cost_yes": [1.0, 2.0], "decision": ["no", "no"], "cost_no": [3.0, 4.0]})
    assert ranking(0.5).costs(scored).tolist() == [[3.0, 1.0], [4.0, 2.0]]


@pytest.fixture
def manifest(bundle):
    """A manifest whose spec has `objective`."""

    def make(objective: Mapping[str, Any]):
        read = open_files(bundle).manifest
        costs = Output(name="action_costs", columns=("cost_1", "cost_2", "cost_review"), wire="number")
        spec = {"objective": {"target": "bad", **objective}, "data": {"time": ["day"]}}
        more = {"outputs": (*read.outputs, costs), "decisions": ("1", "2", "review"), "spec": spec}
        return read.model_copy(update=more)

    return make


def test_a_spec_without_a_capacity_ranks_nothing(bundle):
    """The graph has no costs of actions then."""
    assert Ranking.of(open_files(bundle).manifest) is None


def test_limits_are_those_of_the_spec(manifest):
    """Acting is the second decision, a review the last; what is not limited is left out."""
    found = Ranking.of(manifest({"capacity": {"act": "200 per 1d", "review": None}, "require": {"recall": 0.9}}))
    assert (found.limits, found.time, found.flow) == ({1: Rate(count=200, seconds=86_400)}, ("day",), None)
    assert (found.actions, found.removing) == (("1", "2", "review"), True)
    running = {"running": {"cost": "400 per 30d", "rows": "864000 per 10d"}}
    both = Ranking.of(manifest({"capacity": {"act": 0.1, "review": 0.2}, **running}))
    assert (both.limits, both.flow, both.removing) == ({1: 0.1, 2: 0.2}, 1.0, False)
