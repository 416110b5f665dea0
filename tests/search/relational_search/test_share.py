"""The share of the time that other tables may take."""

from __future__ import annotations

import math

from automl.budget import Deadline
from automl.search.relational_search.share import Share
from automl.spec import parse


def share(moments: list[float], **budget: object) -> Share:
    """The share of 100 seconds by a clock that shows `moments` one after the other."""
    spec = parse({"objective": {"target": "y"}, "budget": {"time": "100s", **budget}})
    return Share.of(spec, Deadline(seconds=100.0, start=0.0, clock=iter(moments).__next__))


def test_a_quarter_from_where_it_starts() -> None:
    """Of 100 seconds 25, whenever the stage begins."""
    own = share([10.0, 20.0, 20.0, 34.9, 35.1])
    assert (own.spent(), own.left()) == (10.0, 15.0)
    assert not own.late()
    assert own.late()


def test_what_is_still_to_come_counts() -> None:
    """A part of the share, and the seconds that something more would take."""
    own = share([0.0, 10.0, 10.0, 10.0])
    assert [own.late(0.5), own.late(0.5, 2.0), own.late(0.5, 3.0)] == [False, False, True]


def test_counted_work_looks_at_no_clock() -> None:
    """R12: with `budget.trials` it is never late."""
    own = share([0.0, 1e9], trials=3)
    assert own.counted
    assert math.isinf(own.left())
    assert not own.late()
