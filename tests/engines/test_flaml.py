"""FLAML's local search sees labels that it can subtract, and answers in plain values of our own."""

from __future__ import annotations

import math
import warnings

import pytest

from automl.engines import flaml as room
from automl.engines.flaml import ASKS, FLAML, CostFrugal
from automl.learners.base import Choice, Params, Range, Space

SPACE: Space = {
    "rate": Range(low=0.001, high=1.0, log=True),
    "depth": Range(low=1, high=9, whole=True),
    "most": Choice(options=("sqrt", 0.3, 1.0)),
    "extra": Choice(options=(False, True)),
}
START: Params = {"rate": 0.5, "depth": 4, "most": 0.3, "extra": True, "kept": "as is"}


@pytest.fixture
def search() -> CostFrugal:
    """A search that has begun."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # flaml's imports warn of what they will change
        proposer = FLAML.start(SPACE, START, 0)
    assert isinstance(proposer, CostFrugal)
    return proposer


def test_the_first_proposal_is_the_start(search: CostFrugal) -> None:
    """What the space does not name stays as it was, types included."""
    found = search.propose()
    assert found == pytest.approx(START)
    assert [type(found[name]) for name in START] == [type(value) for value in START.values()]


def test_a_start_outside_the_space_is_moved_in() -> None:
    """A point of an earlier run whose space was wider is no error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        found = FLAML.start(SPACE, {"rate": 7.0, "most": "gone"}, 0).propose()
    assert (found["rate"], found["depth"], found["most"]) == (pytest.approx(1.0), 1, "sqrt")


def test_options_of_several_types_come_back_as_they_are(search: CostFrugal) -> None:
    """A choice between a text and numbers is told as texts, and a proposal has the number again."""
    dimension = SPACE["most"]
    assert [room._label(option, dimension) for option in ("sqrt", 0.3, 1.0)] == ["sqrt", "0.3", "1.0"]
    assert [room._plain(text, dimension) for text in ("sqrt", "0.3", "1.0")] == ["sqrt", 0.3, 1.0]
    assert room._label(True, SPACE["extra"]) is True
    seen = set()
    for turn in range(40):
        params = search.propose()
        seen.add(params["most"])
        search.observe(params, loss=float(turn % 7), seconds=1.0)
    assert seen <= {"sqrt", 0.3, 1.0}
    assert len(seen) > 1


def test_an_answer_nobody_waits_for_is_ignored(search: CostFrugal) -> None:
    """A point that was never proposed, or was answered already, changes nothing."""
    search.observe({"rate": 0.9}, loss=0.0, seconds=1.0)
    params = search.propose()
    search.observe(params, loss=1.0, seconds=1.0)
    search.observe(params, loss=0.0, seconds=1.0)
    other = search.propose()
    assert 0.001 <= other["rate"] <= 1.0  # type: ignore[operator]  # a number


def test_a_trial_that_failed_is_no_best(search: CostFrugal) -> None:
    """An infinite loss is told as an error; the search goes on from the start."""
    first = search.propose()
    search.observe(first, loss=1.0, seconds=1.0)
    for _ in range(5):
        search.observe(search.propose(), loss=math.inf, seconds=1.0)
    assert search.propose()["kept"] == "as is"


def test_where_the_search_has_nothing_new_a_step_is_taken(search: CostFrugal, monkeypatch: pytest.MonkeyPatch) -> None:
    """While every trial is open the searcher gives nothing: workers get a point near the start, each another one."""
    asked = []
    monkeypatch.setattr(search._searcher, "suggest", asked.append)
    points = [search.propose() for _ in range(3)]
    assert len(asked) == 3 * ASKS == len(set(asked))
    assert len({point["rate"] for point in points}) == 3
    assert all(0.001 <= point["rate"] <= 1.0 and point["kept"] == "as is" for point in points)  # type: ignore[operator]  # numbers


def test_whole_ranges_reach_their_high_end(search: CostFrugal) -> None:
    """Flaml leaves out the upper end of whole numbers; ours is in, on a logarithmic scale too."""
    for log in (False, True):
        domain = room._domain(Range(low=1, high=9, whole=True, log=log))
        assert (domain.lower, domain.upper) == (1, 10)
    plain = room._domain(Range(low=0.5, high=1.0))
    assert (plain.lower, plain.upper) == (0.5, 1.0)
