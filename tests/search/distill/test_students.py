"""Which small models are worth training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.search.cost.serving import Serving
from automl.search.distill import students
from automl.search.distill.students import (
    SCREENED,
    SIZES,
    ColumnSet,
    _ranked,
    column_sets,
    fewer_trees,
    linear,
    small_trees,
)
from automl.search.state import State

ALL = ColumnSet(features=None, count=3, reading=1e-5)


def anything(estimate: Serving) -> bool:
    del estimate
    return True


def nothing(estimate: Serving) -> bool:
    del estimate
    return False


def test_the_largest_that_fits_is_taken(ended: State) -> None:
    """It learns half from the teacher, for a number of rounds that is known before."""
    student = small_trees(ended, ALL, "t.npy", anything)
    assert student is not None
    assert (student.rounds, student.params["num_leaves"]) == SIZES[0][:2]
    assert student.soft_targets.teacher == "t.npy"
    limit = Serving(latency_p50=1.0, latency_p99=1.0, size=60_000.0, memory=1e12)
    lighter = small_trees(ended, ALL, "t.npy", lambda estimate: estimate.size <= limit.size)
    assert lighter is not None
    assert 0 < lighter.rounds < student.rounds
    assert lighter.identity != student.identity
    assert small_trees(ended, ALL, "t.npy", nothing) is None


def test_the_best_booster_gets_fewer_rounds_at_a_higher_rate(ended: State) -> None:
    """As many as fit; where all of them fit, or hardly any, there is no such student."""
    boosted = [candidate for candidate in ended.whole if candidate.rounds]
    best = min(boosted, key=lambda candidate: candidate.loss(ended.problem))
    every = best.usual_rounds(ended.problem)
    assert every is not None
    student = fewer_trees(ended, lambda estimate: estimate.size <= 35_000 + 35 * best.model_size.nodes / 2)
    assert student is not None
    assert 5 <= student.rounds < every
    assert float(student.params["learning_rate"]) >= float(best.params["learning_rate"])
    assert student.name == f"lightgbm with {student.rounds} of {every} rounds"
    assert fewer_trees(ended, anything) is None
    assert fewer_trees(ended, nothing) is None
    ended.candidates.clear()
    assert fewer_trees(ended, anything) is None


def test_a_linear_model_has_no_rounds(ended: State) -> None:
    """It looks at the columns that it is given, and at nothing else."""
    some = replace(ALL, features=("a",), count=1)
    student = linear(ended, some, anything)
    assert student is not None
    assert (student.name, student.rounds, student.soft_targets.columns) == ("linear on 1 column", 0, ("a",))
    assert linear(ended, some, nothing) is None


def test_without_the_learner_there_is_no_student(ended: State) -> None:
    """What the recipe's package lacks cannot be trained."""
    ended.proposals = replace(ended.proposals, learners=())
    assert small_trees(ended, ALL, "t.npy", anything) is None
    assert linear(ended, ALL, anything) is None


@pytest.mark.parametrize("column", ["a", "c"])
def test_columns_are_kept_by_what_they_tell(ended: State, column: str) -> None:
    """All of them, then ever fewer; the last set has the one that says most of what the teacher says."""
    values = ended.problem.rows.frame[column].to_numpy()
    teacher = np.where(values == values[0] if column == "c" else values > 0, 0.9, 0.1)[:, None]
    sets = column_sets(ended, teacher, None)
    assert [one.count for one in sets] == [3, 2, 1]
    assert sets[0].features is None
    last = sets[-1].features
    assert last is not None
    sources = {feature.name: feature.source for feature in ended.matrices.plan(None).features}
    assert {source for name in last for source in sources[name]} == {column}
    assert sets[-1].reading < sets[0].reading


def test_the_columns_of_a_wide_table_are_ranked_in_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that tell most alone are weighed against each other, so a copy of the best comes after the second.

    Every column has its place, and the work does not grow with the square of the columns.
    """
    rng = np.random.default_rng(0)
    values = rng.normal(size=(150, 400))
    values[:, 301] = values[:, 300]
    said = (2.0 * values[:, 300] + values[:, 7])[:, None]
    looks = 0
    steps = students._steps

    def counted(*arguments: np.ndarray) -> tuple[np.ndarray, float]:
        nonlocal looks
        looks += 1
        return steps(*arguments)

    monkeypatch.setattr(students, "_steps", counted)
    names = [f"x{place}" for place in range(400)]
    ranked = _ranked(values, said, [frozenset([name]) for name in names], set())
    assert ranked[:2] == ["x300", "x7"]
    assert sorted(ranked) == sorted(names)
    assert looks <= 400 + SCREENED * (SCREENED + 3) / 2


def test_a_linear_student_is_shrunk_as_the_best_of_the_search(ended: State) -> None:
    """What a linear model of the search has learned to need, one on fewer columns needs too."""
    tried = [one for one in ended.whole if one.learner.name == "linear"]
    assert tried
    best = min(tried, key=lambda one: one.loss(ended.problem))
    best.params = {"l2": 77.0}
    student = linear(ended, ALL, anything)
    assert student is not None
    assert student.params == {"l2": 77.0}
