"""How much of its limits a lighter model will take, from its size and from what heavier ones were measured to take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.ops.rewrite import used_features
from automl.search.cost.serving import Serving, reading, serving
from automl.search.leaderboard import Outcome
from automl.search.state import State
from automl.search.worker.model_size import model_size

# a limit that has no estimate of its own moves with this one
ESTIMATE = {
    "latency_p50": "latency_p50",
    "latency_p99": "latency_p99",
    "size": "size",
    "memory": "memory",
    "throughput": "latency_p50",
    "cold_start": "memory",
}

LimitUse = Callable[[Serving], float]
"""The largest share of a limit that a model of such an estimate will take: above 1 it breaks one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOutcome:
    """A model that was measured: what it takes of each limit (above 1 it breaks it), by the limit's name."""

    outcome: Outcome
    pressures: Mapping[str, float]


def limit_use(state: State, measured: Sequence[MeasuredOutcome]) -> LimitUse:
    """What a model will take by the line through what was measured, over what was estimated."""
    known = [(_estimate(state, one.outcome), one.pressures) for one in measured]

    def use(estimate: Serving) -> float:
        shares = []
        for limit in known[0][1]:
            name = ESTIMATE[limit]
            points = sorted((getattr(estimated, name), pressures[limit]) for estimated, pressures in known)
            shares.append(_on_the_line(getattr(estimate, name), points))
        return max(shares, default=0.0)

    return use


def seconds_to_read(state: State, outcome: Outcome) -> float:
    """Seconds to read the columns that the members look at, and to make their features."""
    places = used_features(*(member.prediction for member in outcome.members))
    sources = [set(outcome.plan.features[place].source) for place in places]
    names = set().union(*sources)
    columns = [column for column in state.problem.schema.features if column.name in names]
    return reading(columns, sum(len(source) > 1 for source in sources))


def _estimate(state: State, outcome: Outcome) -> Serving:
    sizes = [model_size(member.prediction) for member in outcome.members]
    return serving(sizes, reading=seconds_to_read(state, outcome))


def _on_the_line(x: float, points: Sequence[tuple[float, float]]) -> float:
    """Between two points by the line through them, beyond them in proportion to the nearest one.

    >>> [_on_the_line(x, [(1.0, 0.5), (3.0, 4.5)]) for x in (0.5, 2.0, 6.0)]
    [0.25, 2.5, 9.0]
    """
    (first, low), (last, high) = points[0], points[-1]
    if x <= first:
        return low * x / first
    if x >= last:
        return high * x / last
    return float(np.interp(x, [place for place, _ in points], [value for _, value in points]))
