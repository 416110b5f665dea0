"""Two categories that agree."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column
from automl.features.base import Ask, Sample, Survey
from automl.features.joint.same import same
from automl.ops.bulk import evaluate
from automl.task import Task

ROOMS = ["A", "B", "C", "D"] * 10
LEVELS = {
    "reserved": ROOMS,
    "assigned": ROOMS[:20] + ROOMS[1:21],
    "meal": ["half", "full", "none", "own"] * 10,
    "smoker": ["yes", "no"] * 20,
    "early": ["no", "yes"] * 20,
}
TASK = Task(kind="binary", classes=2)


def columns() -> tuple[Column, ...]:
    return tuple(
        Column(name=name, wire="category", role="feature", reason="", is_feature=True, reader={}) for name in LEVELS
    )


def test_pairs_have_the_same_words() -> None:
    """Other words are no pair; nor are two flags, which a tree compares in two splits."""
    survey = Survey(columns=columns(), frame=pl.DataFrame(LEVELS), task=TASK, weight={"assigned": 1.0}, together={})
    assert same.propose(survey) == (Ask(step="same", columns=("assigned", "reserved")),)


@pytest.mark.parametrize(
    ("left", "right", "says"),
    [("A", "A", 1.0), ("A", "B", 0.0), ("", "", np.nan), ("A", "", np.nan), ("new", "new", np.nan)],
)
def test_agreement(left: str, right: str, says: float) -> None:
    """1 where both have the same level, 0 where not; what train did not know, and a gap, says nothing."""
    sample = Sample(frame=pl.DataFrame(LEVELS), y=np.zeros(40), weight=None, task=TASK, folds=(), seed=0)
    (found,) = same.fit(columns()[:2], sample)
    assert found.feature.name == "reserved is assigned"
    row = pl.DataFrame({"reserved": [left], "assigned": [right]})
    np.testing.assert_array_equal(evaluate({"x": found.feature.expr}, row)["x"], [[says]])
