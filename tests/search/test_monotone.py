"""What a direction does to features and learners."""

from __future__ import annotations

import numpy as np

from automl.features.plan import Feature, Plan
from automl.learners.constant import CONSTANT
from automl.learners.lightgbm import LIGHTGBM
from automl.learners.random_forest import RANDOM_FOREST
from automl.ops.expr import AsNumber, Column, IsMissing
from automl.search.monotone import able, direction, orderly

INCOME = Feature(name="income", kind="number", source=("income",), expr=Column("income"))
GAP = Feature(name="no income", kind="number", source=("income",), expr=AsNumber(IsMissing(Column("income"))))
AGE = Feature(name="age", kind="number", source=("age",), expr=Column("age"))


def test_a_plain_number_has_the_direction_of_its_column() -> None:
    """What is computed from a column has none, nor has another column."""
    asked = {"income": -1}
    assert [direction(feature, asked) for feature in (INCOME, GAP, AGE)] == [-1, 0, 0]


def test_nothing_else_is_made_of_a_column_with_a_direction() -> None:
    """A flag of the same column could turn a prediction round: it leaves the plan and the matrix."""
    values = np.arange(6.0).reshape(2, 3)
    plan, kept = orderly(Plan(features=(INCOME, GAP, AGE)), values, {"income": -1})
    assert plan.features == (INCOME, AGE)
    np.testing.assert_array_equal(kept, values[:, [0, 2]])
    same, whole = orderly(Plan(features=(INCOME, GAP)), values, {})
    assert same.features == (INCOME, GAP)
    assert whole is values


def test_learners_that_cannot_are_left_out_and_the_board_says_so() -> None:
    """A forest has no way to keep a direction; without any asked for it takes part."""
    learners = (CONSTANT, LIGHTGBM, RANDOM_FOREST)
    kept, rows = able(learners, {"income": 1, "age": -1})
    assert kept == (CONSTANT, LIGHTGBM)
    assert [(row.learner, row.status, row.detail) for row in rows] == [
        ("random_forest", "left out", "it cannot keep limits.monotone (age, income)")
    ]
    assert able(learners, {}) == (learners, ())
