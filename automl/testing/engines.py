"""The contract of search engines: they begin where they are told, stay inside the space, and gain."""

from __future__ import annotations

import math
import warnings

import pytest

from automl.engines.base import Engine, engines
from automl.learners.base import Choice, Params, Range, Space

SPACE: Space = {
    "rate": Range(low=0.001, high=1.0, log=True),
    "leaves": Range(low=2, high=200, log=True, whole=True),
    "share": Range(low=0.5, high=1.0),
    "depth": Range(low=1, high=9, whole=True),
    "extra": Choice(options=(False, True)),
    "most": Choice(options=("sqrt", 0.3, 1.0)),
}
START: Params = {"rate": 0.5, "leaves": 8, "share": 0.9, "depth": 4, "extra": False, "most": "sqrt", "kept": "as is"}


@pytest.fixture(params=sorted(engines.all))
def engine(request: pytest.FixtureRequest) -> Engine:
    """One engine, imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # flaml's imports warn of what they will change
        found = engines.get(request.param)
        found.start(SPACE, START, 0)
    return found


def loss(params: Params) -> float:
    """Best at rate 0.03 and 60 leaves with `extra`."""
    far = (math.log(float(params["rate"]) / 0.03)) ** 2 + (math.log(float(params["leaves"]) / 60)) ** 2
    return far + (0.0 if params["extra"] else 1.0)


def inside(params: Params) -> bool:
    """Whether each value lies in its dimension and is of Python's own types."""
    return (
        0.001 <= params["rate"] <= 1.0  # type: ignore[operator]
        and params["leaves"] in range(2, 201)
        and type(params["leaves"]) is int
        and 0.5 <= params["share"] <= 1.0  # type: ignore[operator]
        and params["depth"] in range(1, 10)
        and params["extra"] in {False, True}
        and params["most"] in {"sqrt", 0.3, 1.0}
    )


def test_begins_at_the_best_known_point(engine: Engine) -> None:
    """The first proposal is the point that the search was given."""
    assert engine.start(SPACE, START, 0).propose() == pytest.approx(START)


def test_proposals_stay_inside_the_space(engine: Engine) -> None:
    """Every proposal lies in the space, has plain Python values, and keeps what the space does not name."""
    proposer = engine.start(SPACE, START, 1)
    for _ in range(40):
        params = proposer.propose()
        assert inside(params)
        assert params["kept"] == "as is"
        proposer.observe(params, loss=loss(params), seconds=1.0)


def test_search_gains(engine: Engine) -> None:
    """Sixty trials find a point with less than half the loss of the start."""
    proposer = engine.start(SPACE, START, 2)
    found = []
    for _ in range(60):
        params = proposer.propose()
        found.append(loss(params))
        proposer.observe(params, loss=found[-1], seconds=1.0)
    assert min(found) < found[0] / 2


def test_asked_ahead_and_out_of_order(engine: Engine) -> None:
    """Several proposals may be open at a time and be observed in any order, failures among them."""
    proposer = engine.start(SPACE, START, 3)
    first = proposer.propose()
    proposer.observe(first, loss=loss(first), seconds=1.0)
    for turn in range(15):
        ahead = [proposer.propose() for _ in range(3)]
        for number, params in enumerate(reversed(ahead)):
            proposer.observe(params, loss=math.inf if turn % 5 == number else loss(params), seconds=1.0)
    assert inside(proposer.propose())


def test_everything_fails(engine: Engine) -> None:
    """A search in which each trial fails goes on proposing."""
    proposer = engine.start(SPACE, START, 4)
    for _ in range(10):
        params = proposer.propose()
        assert inside(params)
        proposer.observe(params, loss=math.inf, seconds=1.0)


def test_same_seed_same_proposals(engine: Engine) -> None:
    """R12: two searches with one seed and the same answers propose the same points."""

    def run() -> list[Params]:
        proposer = engine.start(SPACE, START, 5)
        found = []
        for _ in range(12):
            found.append(proposer.propose())
            proposer.observe(found[-1], loss=loss(found[-1]), seconds=1.0)
        return found

    assert run() == run()
