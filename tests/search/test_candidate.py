"""What is known of a candidate on its way, and what the journal keeps of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from automl.data.rows import Fold
from automl.learners.lightgbm import LIGHTGBM
from automl.search.candidate import Candidate, record, repeat_record, restore, restore_repeat
from automl.search.problem import Problem
from automl.spec import Spec


def candidate(rounds: dict[int, int]) -> Candidate:
    losses = dict.fromkeys(rounds, 0.5)
    return Candidate(id=3, learner=LIGHTGBM, params={}, losses=losses, rounds=rounds, score=0.7, whole=True)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((100, 100, 100), 20), ((100, 90, 40), 15), ((100, 70, 40), 10)],
    ids=["folds of one size", "two large ones", "the largest alone"],
)
def test_rounds_are_those_of_the_large_folds(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec], sizes: tuple[int, ...], expected: int
) -> None:
    """A window of few rows needs fewer rounds, or more: what ships is fitted on all rows."""
    problem = make_problem(make_spec())
    folds = tuple(Fold(fit=np.arange(size), valid=np.arange(size, size + 5)) for size in sizes)
    object.__setattr__(problem, "folds", folds)
    assert candidate({2: 30, 0: 10, 1: 20}).usual_rounds(problem) == expected
    assert candidate({}).usual_rounds(problem) is None


def test_the_journal_keeps_the_rounds_of_each_fold(
    make_problem: Callable[..., Problem], make_spec: Callable[..., Spec]
) -> None:
    """What ended in any order comes back by fold, the folds of a repeat as well, and no later ones."""
    problem = make_problem(make_spec())
    found = candidate({1: 20, 0: 10, 3: 40, 2: 30})
    line = json.loads(json.dumps(record(found, problem)))
    found.repeats = 2
    found.losses |= dict.fromkeys((5, 4, 6, 7, 8), 0.4)
    found.rounds |= {5: 60, 4: 50, 6: 70, 7: 80, 8: 90}
    again = json.loads(json.dumps(repeat_record(found, folds=4)))
    restored = restore(line, {"lightgbm": LIGHTGBM})
    assert restored is not None
    assert restored.rounds == {0: 10, 1: 20, 2: 30, 3: 40}
    restore_repeat(restored, again)
    assert restored.rounds == {fold: 10 * (fold + 1) for fold in range(8)}
    assert set(restored.losses) == restored.asked == set(range(8))
