"""Who ships together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.data.rows import Fold
from automl.learners.lightgbm import LIGHTGBM
from automl.metrics.base import get
from automl.search.candidate import Candidate
from automl.search.ensemble import membership
from automl.search.ensemble.membership import Pool
from automl.search.loop import _explore
from automl.search.state import State
from automl.search.worker.model_size import ModelSize
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
    after = SimpleNamespace(columns=1, reading=0.0)
    matrices = SimpleNamespace(has=lambda fold: False)
    return SimpleNamespace(run=run, problem=problem, matrices=matrices, after=after)


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


@pytest.fixture
def explored(make_state: Callable[..., State]) -> State:
    """Two ridges and a mean, each predicted on every fold."""
    state = make_state(trials=2)
    _explore(state)
    return state


def test_candidates_compare_on_rows_that_all_predicted(explored: State) -> None:
    """Predictions come from the run folder; where one lacks a row it is left out for all, with its weight."""
    whole = explored.whole
    given = membership.pool(explored, whole, repeats=1)
    assert [prediction.shape for prediction in given.predictions] == [(240, 1)] * 3
    oof = np.array(explored.run.folder.load(f"oof/{whole[0].id}"))
    oof[:40] = np.nan
    explored.run.folder.save(f"oof/{whole[0].id}", oof)
    weighted = replace(explored.problem.rows, weight=np.arange(240.0))
    explored.problem = replace(explored.problem, rows=weighted)
    fewer = membership.pool(explored, whole, repeats=1)
    assert [prediction.shape for prediction in fewer.predictions] == [(200, 1)] * 3
    np.testing.assert_array_equal(fewer.weight, np.arange(40.0, 240.0))
    np.testing.assert_array_equal(fewer.y, explored.problem.rows.y[40:])


def test_who_would_ship_is_known_at_any_time(explored: State) -> None:
    """The ridges, and nobody before the first one stands."""
    assert {candidate.learner.name for candidate in membership.likely(explored)} == {"ridge"}
    explored.candidates.clear()
    assert membership.likely(explored) == ()


def test_out_of_fold_is_the_mean_over_repeats_that_all_have(explored: State) -> None:
    """One that has a second cross-validation counts with its first one beside one that has none."""
    first, second, _ = explored.whole
    explored.run.folder.save(f"oof/{first.id}-again-1", np.zeros((240, 1)))
    first.repeats = 2
    alone = membership.out_of_fold(explored.run.folder, [first])
    beside = membership.out_of_fold(explored.run.folder, [first, second])
    np.testing.assert_allclose(alone[0], beside[0] / 2)


def test_what_breaks_a_limit_alone_ships_if_nothing_else_does(explored: State) -> None:
    """The gates have the last word: where none is expected to keep a limit, the nearest to it is chosen."""
    limits = explored.run.spec.limits.model_copy(update={"size": 1.0})
    spec = explored.run.spec.model_copy(update={"limits": limits})
    explored.run = replace(explored.run, spec=spec)
    given = membership.pool(explored, explored.whole, repeats=1)
    (only,) = membership.weights(explored, given)
    assert membership.excess(explored, [only]) == min(membership.excess(explored, [one]) for one in explored.whole)
    assert membership.excess(explored, [only]) > 1.0


def test_more_members_cost_more(explored: State) -> None:
    """One that stands twice counts twice; what reads nothing costs no reading."""
    ridge = next(candidate for candidate in explored.whole if candidate.learner.name == "ridge")
    bare, one, two = (membership.cost(explored, [ridge] * count).latency_p50 for count in (0, 1, 2))
    assert bare < one < two
    assert one - bare > explored.after.reading


def test_a_model_reads_no_more_columns_than_it_looks_at(explored: State) -> None:
    """A few small trees on 10,000 columns keep a limit that a linear model, which weighs all of them, breaks."""
    wide = replace(explored.after, columns=10_000, reading=0.013)
    state = replace(explored, after=wide)
    trees, linear = explored.whole[:2]
    trees.model_size, linear.model_size = ModelSize(nodes=300.0), ModelSize(numbers=10_000.0)
    assert membership.cost(state, [trees]).latency_p50 < 0.002 < membership.cost(state, [linear]).latency_p50
    both = membership.cost(state, [trees, linear]).latency_p50
    assert both - membership.cost(state, [linear]).latency_p50 < 0.0001  # a column is read once
