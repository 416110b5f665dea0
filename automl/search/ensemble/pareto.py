"""The Pareto front: what a faster or smaller ensemble would lose, so that a limit can be set with open eyes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from automl.metrics.base import score
from automl.search.candidate import Candidate
from automl.search.ensemble import membership
from automl.search.ensemble.membership import Pool
from automl.search.leaderboard import Point
from automl.search.state import State

THRIFT = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # see `membership.weights`
MOST_ROWS, MOST_CANDIDATES = 4_000, 16  # the front is looked at, not shipped


def front(state: State, given: Pool, chosen: Mapping[Candidate, float]) -> tuple[Point, ...]:
    """The ensembles of several weights of the serving cost, and the chosen one, but none that another beats in all."""
    some = _some(state, given)
    ensembles = [dict(chosen), *(membership.weights(state, some, thrift=thrift, rows=MOST_ROWS) for thrift in THRIFT)]
    points = {point.weights: point for point in (_point(state, given, shares) for shares in ensembles)}
    return tuple(sorted(best(list(points.values())), key=lambda point: point.loss))


def best(points: list[Point]) -> list[Point]:
    """Those that no other point beats or equals in loss, time and size (of equals the first)."""
    facts = [(point.loss, point.latency_p99, point.size) for point in points]

    def beaten(place: int) -> bool:
        mine = facts[place]
        return any(
            all(theirs <= ours for theirs, ours in zip(other, mine, strict=True)) and (other != mine or at < place)
            for at, other in enumerate(facts)
            if at != place
        )

    return [point for place, point in enumerate(points) if not beaten(place)]


def record(points: tuple[Point, ...], chosen: Mapping[Candidate, float]) -> dict[str, object]:
    """The front as a line of the journal; `chosen` are the weights that were."""
    weights = [[candidate.id, share] for candidate, share in chosen.items()]
    return {"kind": "front", "chosen": weights, "points": [asdict(point) for point in points]}


def _some(state: State, given: Pool) -> Pool:
    """The best candidates, and the best of each learner: the light ones are seldom the best."""
    places = sorted(range(len(given.candidates)), key=lambda place: given.candidates[place].loss(state.problem))
    firsts = {given.candidates[place].learner.name: place for place in reversed(places)}
    kept = sorted({*places[:MOST_CANDIDATES], *firsts.values()})
    return replace(
        given,
        candidates=tuple(given.candidates[place] for place in kept),
        predictions=tuple(given.predictions[place] for place in kept),
    )


def _point(state: State, given: Pool, shares: Mapping[Candidate, float]) -> Point:
    prediction = np.asarray(
        sum(share * given.predictions[given.candidates.index(candidate)] for candidate, share in shares.items())
    )
    problem, cost = state.problem, membership.cost(state, list(shares))
    value = None if problem.metric.function is None else score(problem.metric, given.y, prediction, given.weight)
    return Point(
        weights=tuple((candidate.id, share) for candidate, share in shares.items()),
        loss=score(problem.loss, given.y, prediction, given.weight),
        score=None if value is None or math.isnan(value) else value,
        latency_p99=cost.latency_p99,
        size=cost.size,
    )
