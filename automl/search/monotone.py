"""The directions that `limits.monotone` asks for: which features have one, and which learners can keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.features.plan import Feature, Plan
from automl.learners.base import Direction, Learner
from automl.ops.expr import Column
from automl.search.leaderboard import Trial

Floats = NDArray[np.float64]

SIGN: Mapping[Literal["increasing", "decreasing"], Direction] = {"increasing": 1, "decreasing": -1}


def direction(feature: Feature, directions: Mapping[str, Direction]) -> Direction:
    """The direction of a feature that is a number of the raw row as it stands; others have none."""
    plain = feature.kind == "number" and isinstance(feature.expr, Column)
    return directions.get(feature.source[0], 0) if plain else 0


def is_orderly(feature: Feature, directions: Mapping[str, Direction]) -> bool:
    """Whether a feature has the direction of its column, or comes from columns without one."""
    return bool(direction(feature, directions)) or not directions.keys() & set(feature.source)


def orderly(plan: Plan, values: Floats, directions: Mapping[str, Direction]) -> tuple[Plan, Floats]:
    """Plan and matrix [n, F] without what else is made of a column that has a direction: it could turn it round."""
    kept = [j for j, feature in enumerate(plan.features) if is_orderly(feature, directions)]
    if len(kept) == len(plan.features):
        return plan, values
    return Plan(features=tuple(plan.features[j] for j in kept)), np.ascontiguousarray(values[:, kept])


def able(
    learners: Sequence[Learner], directions: Mapping[str, Direction]
) -> tuple[tuple[Learner, ...], tuple[Trial, ...]]:
    """The learners that keep directions, if any are asked for, and a trial for each other one."""
    if not directions:
        return tuple(learners), ()
    others = [learner for learner in learners if not learner.monotone]
    detail = f"it cannot keep limits.monotone ({', '.join(sorted(directions))})"
    return (
        tuple(learner for learner in learners if learner.monotone),
        tuple(
            Trial(id=-1 - place, learner=learner.name, params={}, status="left out", detail=detail)
            for place, learner in enumerate(others)
        ),
    )
