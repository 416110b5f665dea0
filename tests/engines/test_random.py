"""Random steps begin at the best point known and stay around the best observed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.engines.random import JUMP, RANDOM, STEP, complete, near
from automl.learners.base import Choice, Params, Range, Space

SPACE: Space = {
    "rate": Range(low=0.001, high=1.0, log=True),
    "leaves": Range(low=2, high=200, log=True, whole=True),
    "share": Range(low=0.5, high=1.0),
    "kind": Choice(options=("a", "b", "c")),
}
START: Params = {"rate": 0.1, "leaves": 20, "share": 0.75, "kind": "b", "kept": 7}


@pytest.mark.parametrize(
    ("params", "completed"),
    [
        ({}, {"rate": 0.001, "leaves": 2, "share": 0.5, "kind": "a"}),
        ({"rate": 5, "leaves": 1.2, "share": -1, "kind": "z"}, {"rate": 1.0, "leaves": 2, "share": 0.5, "kind": "a"}),
        ({"leaves": 19.6, "other": None}, {"rate": 0.001, "leaves": 20, "share": 0.5, "kind": "a", "other": None}),
        (START, START),
    ],
)
def test_a_point_is_moved_inside(params: Params, completed: Params) -> None:
    """What is left out gets the low end or the first option, what is outside the next value inside, the rest stays."""
    assert complete(params, SPACE) == completed


@given(
    some.integers(0, 2**32 - 1),
    some.fixed_dictionaries(
        {"rate": some.floats(0.001, 1), "leaves": some.integers(2, 200), "share": some.floats(0.5, 1)}
    ),
)
def test_a_step_stays_inside(seed: int, params: dict[str, float]) -> None:
    """From anywhere in the space, edges included, every step ends in it, in plain Python values."""
    found = near({**params, "kind": "c", "kept": 7}, SPACE, seed)
    assert 0.001 <= found["rate"] <= 1.0
    assert found["leaves"] in range(2, 201)
    assert 0.5 <= found["share"] <= 1.0
    assert found["kind"] in {"a", "b", "c"}
    assert found["kept"] == 7
    assert [type(found[name]) for name in ("rate", "leaves", "share")] == [float, int, float]
    assert found == near({**params, "kind": "c", "kept": 7}, SPACE, seed)


def test_steps_are_as_wide_as_said() -> None:
    """A standard deviation of 0.15 of the range, in logarithms where the range is; a choice is drawn anew at times."""
    drawn = [near(START, SPACE, seed) for seed in range(2_000)]
    rates = np.log([found["rate"] for found in drawn])
    assert rates.std() == pytest.approx(STEP * math.log(1_000), rel=0.1)
    assert rates.mean() == pytest.approx(math.log(0.1), abs=0.1)
    moved = np.mean([found["kind"] != "b" for found in drawn])
    assert moved == pytest.approx(JUMP * 2 / 3, rel=0.2)


def test_steps_follow_what_gained() -> None:
    """A point with less loss is the middle of the next steps; a worse one or a failed one is not."""
    proposer = RANDOM.start(SPACE, START, 0)
    assert proposer.propose() == START
    proposer.observe(START, loss=1.0, seconds=1.0)
    better = {**START, "share": 0.5, "kept": 8}
    proposer.observe({**START, "kept": 9}, loss=math.inf, seconds=1.0)
    proposer.observe({**START, "kept": 9}, loss=math.nan, seconds=1.0)
    assert proposer.propose()["kept"] == 7
    proposer.observe(better, loss=0.5, seconds=1.0)
    proposer.observe({**START, "kept": 9}, loss=0.6, seconds=1.0)
    assert proposer.propose()["kept"] == 8


def test_no_two_proposals_are_alike() -> None:
    """Without any answer the search still goes on to new points, and a second one of the seed goes the same way."""
    first, second = (RANDOM.start(SPACE, START, 3) for _ in range(2))
    points = [first.propose() for _ in range(30)]
    assert points == [second.propose() for _ in range(30)]
    assert len({point["rate"] for point in points}) > 25


def test_a_space_without_a_dimension_has_one_point() -> None:
    """What cannot be searched is proposed as it is."""
    proposer = RANDOM.start({}, {"a": 1}, 0)
    assert [proposer.propose(), proposer.propose()] == [{"a": 1}, {"a": 1}]
