"""Who ships together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from automl.data.rows import Fold
from automl.learners.lightgbm import LIGHTGBM
from automl.metrics.base import get
from automl.search.candidate import Candidate
from automl.search.ensemble import membership
from automl.search.ensemble.membership import Pool
from automl.spec.limits import Limits

Y = np.linspace(0.0, 1.0, 400)


def state(members: int = 4) -> Any:
    spec = SimpleNamespace(recipe=SimpleNamespace(members=members), limits=Limits())
    problem = SimpleNamespace(
        loss=get("rmse"),
        fold=lambda number: Fold(fit=np.arange(len(Y)), valid=np.arange(len(Y))),
        schema=SimpleNamespace(features=("a",)),
    )
    run = SimpleNamespace(spec=spec, seed=0)
    return SimpleNamespace(run=run, problem=problem, matrices=SimpleNamespace(has=lambda fold: False))


def pool(*noise: float) -> Pool:
    """A candidate for each size of noise, each with noise of its own."""
    draw = np.random.default_rng(0)
    return Pool(
        candidates=tuple(
            Candidate(id=i, learner=LIGHTGBM, params={}, losses={0: size}) for i, size in enumerate(noise)
        ),
        predictions=tuple((Y + draw.normal(scale=size, size=len(Y)))[:, None] for size in noise),
        y=Y,
        weight=None,
    )


def test_what_there_is_no_time_for_is_not_chosen() -> None:
    """R10: where the slow best one does not fit, the quick others ship together, and not the best one alone."""
    given = pool(0.1, 0.12, 0.13, 5.0)
    slow, *quick = given.candidates
    assert set(membership.weights(state(), given)) == {slow, *quick[:2]}
    within = membership.weights(state(), given, in_time=lambda members: slow not in members)
    assert set(within) == set(quick[:2])
    assert sum(within.values()) == 1.0


def test_no_more_members_than_the_recipe_has() -> None:
    """The best two of three."""
    given = pool(0.1, 0.12, 0.13)
    assert len(membership.weights(state(members=2), given)) == 2
