"""A small assembled model: two members over four features of three columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Labels
from automl.features.plan import Feature, Plan
from automl.graph.assemble import Assembly, assemble
from automl.learners.base import Member
from automl.ops import expr as ops
from automl.ops.expr import Ensemble
from automl.task import Task

AGE, DAY, JOB = ops.Column("age"), ops.Column("day"), ops.Column("job", "text")
KEYS = ("clerk", "farmer", "")


@pytest.fixture(scope="session")
def plan() -> Plan:
    """Features 0 to 3: age, the code of job, a statistic of job, and the weekday, which no member uses."""
    code = ops.IndexOf(JOB, KEYS)
    weekday = ops.Floor(ops.Divide(DAY, ops.constant(86_400e6)))
    return Plan(
        features=(
            Feature(name="age", kind="number", source=("age",), expr=AGE),
            Feature(name="job", kind="code", source=("job",), expr=ops.AsNumber(code), levels=4),
            Feature(
                name="job rate",
                kind="target",
                source=("job",),
                expr=ops.Take(code, np.array([[0.1], [0.3], [0.6], [0.2]])),
            ),
            Feature(name="weekday", kind="number", source=("day",), expr=weekday),
        )
    )


@pytest.fixture(scope="session")
def forest(grow: Callable[..., Ensemble]) -> Member:
    """Trees over the features 0, 1, 2; raw and prediction share the raw score."""
    raw = ops.Trees(ops.Features(4), grow(3, trees=20, features=3, modes=(0, 1)))
    return Member(learner="lightgbm", params={}, raw=raw, prediction=ops.Sigmoid(raw))


@pytest.fixture(scope="session")
def linear() -> Member:
    """A linear model of features 0 and 2."""
    known = ops.Pick(ops.Features(4), (2, 0))
    filled = ops.Where(ops.IsMissing(known), ops.constant(0.0, 1.0), known)
    raw = ops.Add(ops.MatMul(filled, np.array([[1.5], [-0.25]])), ops.constant(0.125))
    return Member(learner="linear", params={}, raw=raw, prediction=ops.Sigmoid(raw))


@pytest.fixture(scope="session")
def labels() -> Labels:
    """No and yes."""
    return Labels(name="y", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))


@pytest.fixture(scope="session")
def frame() -> pl.DataFrame:
    """400 read rows with missing numbers, missing and unseen texts."""
    draw = np.random.default_rng(4)
    return pl.DataFrame(
        {
            "age": draw.choice([np.nan, 0, 1, 2, 3, -1, -2, 7], 400),
            "day": draw.integers(0, 2**50, 400).astype(np.float64),
            "job": list(draw.choice(["clerk", "farmer", "", "astronaut"], 400)),
        }
    )


@pytest.fixture(scope="session")
def assembly(plan: Plan, forest: Member, linear: Member, labels: Labels) -> Assembly:
    """Both members, calibrated, deciding by the more probable label."""
    knots = np.linspace(0, 1, 9)
    return assemble(
        plan=plan,
        members=(forest, linear),
        weights=(0.75, 0.25),
        calibration=lambda p: ops.Interpolate(p, knots, knots**2),
        policy=lambda _: {},
        task=labels.task,
        labels=labels,
    )
