"""A search ends when so long a time has brought less than it is worth waiting for."""

from __future__ import annotations

import pytest

from automl.progress import Event
from automl.search.patience import Patience, noting
from automl.spec.budget import Patience as Asked


def _heard(asked: Asked, *told: tuple[float, dict[str, object]]) -> Patience:
    patience = Patience(asked=asked)
    for spent, facts in told:
        patience.note(spent, Event(stage="search", text="", facts=facts))
    return patience


def test_a_stretch_without_gain_ends_it() -> None:
    """What was known 30 s ago is compared with now: 5 EUR more are less than 10, 15 EUR are not."""
    told = [(1.0, {"best": 0.5, "money": 100.0, "currency": "EUR"}), (20.0, {"best": 0.4, "money": 105.0})]
    patience = _heard(Asked.model_validate({"time": "30s", "money": 10.0}), *told)
    assert patience.worn_out(30.9) is None
    assert patience.worn_out(31.0) == "30s brought 5 EUR for 1,000 rows, less than budget.patience waits for"
    patience.note(29.0, Event(stage="search", text="", facts={"best": 0.3, "money": 115.0, "currency": "EUR"}))
    assert patience.worn_out(31.0) is None
    assert patience.worn_out(59.0) is not None


@pytest.mark.parametrize("scores", [(0.50, 0.49), (0.50, 0.51)])
def test_a_score_counts_in_either_direction(scores: tuple[float, float]) -> None:
    """The best only grows better, so smaller and larger metrics are one; it goes on while anything named is gained."""
    told = [(1.0, {"best": scores[0], "money": 9.0}), (20.0, {"best": scores[1], "money": 9.0})]
    assert _heard(Asked.model_validate({"time": "30s", "score": 0.005}), *told).worn_out(40.0) is None
    assert _heard(Asked.model_validate({"time": "30s", "score": 0.005, "money": 1.0}), *told).worn_out(40.0) is None
    assert _heard(Asked.model_validate({"time": "30s", "score": 0.02, "money": 1.0}), *told).worn_out(40.0) is not None


def test_less_money_with_a_better_score_is_no_gain() -> None:
    """The most money counts: a new best that saves less takes nothing back and brings nothing."""
    told = [(1.0, {"best": 0.5, "money": 100.0}), (20.0, {"best": 0.4, "money": 50.0})]
    assert _heard(Asked.model_validate({"time": "30s", "money": 10.0}), *told).worn_out(40.0) is not None


def test_nothing_known_is_waited_for() -> None:
    """Until the first score, and so long after it, there is nothing to compare with."""
    asked = Asked.model_validate({"time": "30s", "money": 10.0})
    assert _heard(asked, (50.0, {"trials": 1})).worn_out(100.0) is None
    assert _heard(asked, (90.0, {"best": 0.5, "money": 1.0})).worn_out(100.0) is None


def test_the_listener_is_told_as_before() -> None:
    """The patience hears beside it; without one the listener stays itself."""
    heard: list[Event] = []
    patience = Patience(asked=Asked.model_validate({"time": "1s", "score": 0.1}))
    noting(patience, heard.append, spent=lambda: 4.0)(Event(stage="search", text="", facts={"best": 0.5}))
    assert len(heard) == 1
    assert patience.known == [(4.0, {"score": 0.5})]
    assert noting(None, heard.append, spent=lambda: 4.0) == heard.append
