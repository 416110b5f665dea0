"""Crossings: what is proposed, where categories carry a table, and a target that only two columns together know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.features.base import Survey
from automl.features.joint.crossing import crossing
from automl.task import Task

TASK = Task(kind="binary", classes=2)
UNSEEN = Survey(columns=(), frame=pl.DataFrame(), task=TASK, weight={}, together={})


def test_what_columns_know_together_is_proposed(make_column, make_sample, halves):
    """A category with a number's bins; two numbers are not crossed, as trees do that, nor without a known target."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=4_000), "z": rng.normal(size=4_000), "c": rng.integers(0, 6, 4_000)})
    frame = frame.with_columns(pl.col("c").cast(pl.String))
    x, z, c = (frame[name].cast(pl.Float64).to_numpy() for name in "xzc")
    columns = (make_column("x"), make_column("z"), make_column("c", "category"), make_column("day", "date"))
    survey = replace(UNSEEN, columns=columns, frame=frame)
    numbers, mixed = (
        replace(survey, sample=make_sample(frame, together.astype(float), folds=halves(4_000)))
        for together in ((x > 0) != (z > 0), (x > 0) != (c % 2 == 1))
    )
    assert [set(ask.columns) for ask in crossing.propose(mixed)] == [{"x", "c"}]
    assert crossing.propose(replace(numbers, columns=columns[:2])) == ()
    assert crossing.propose(survey) == ()


def test_categories_that_carry_the_table_are_crossed_in_little_time(make_column):
    """Half of the weight, where it is known; a single category cannot meet another."""
    columns = (make_column("c", "category"), make_column("d", "category"), make_column("x"))
    survey = replace(UNSEEN, columns=columns)
    assert crossing.brief(survey)
    assert crossing.brief(replace(survey, weight={"c": 0.3, "d": 0.2, "x": 0.5}))
    assert not crossing.brief(replace(survey, weight={"c": 0.3, "d": 0.1, "x": 0.6}))
    assert not crossing.brief(replace(survey, columns=columns[1:]))


def test_two_columns_know_what_neither_knows(make_column, make_sample, values_on, halves):
    """By hand: the target is 1 where the two differ, so each alone says a half and both together say all."""
    c, d = np.repeat(["a", "b"], 80), np.tile(["x", "x", "y", "y"], 40)
    y = ((c == "a") != (d == "x")).astype(float)
    frame = pl.DataFrame({"c": c, "d": d})
    columns = [make_column("c", "category"), make_column("d", "category")]
    (found,) = crossing.fit(columns, make_sample(frame, y, folds=halves(160)))
    assert found.feature.name == "c x d: share of positives"
    assert found.feature.source == ("c", "d")
    rows = pl.DataFrame({"c": ["a", "a", "b", "b", "new"], "d": ["x", "y", "x", "y", "x"]})
    low, high = (0 + 5) / (40 + 10), (40 + 5) / (40 + 10)
    assert values_on(found, rows) == pytest.approx([low, high, high, low, 0.5])
    assert found.values == pytest.approx(np.where(y == 1, (20 + 5) / 30, (0 + 5) / 30))


def test_classes_have_a_column_each(make_column, make_sample, halves):
    """K classes give K - 1 columns of shares, and without folds there is none."""
    frame = pl.DataFrame({"c": ["a", "b"] * 30, "d": ["x", "x", "y"] * 20})
    columns = [make_column("c", "category"), make_column("d", "category")]
    task = Task(kind="multiclass", classes=3)
    found = crossing.fit(columns, make_sample(frame, [0, 1, 2] * 20, task=task, folds=halves(60)))
    assert [one.feature.name for one in found] == ["c x d: share of class 1", "c x d: share of class 2"]
    assert crossing.fit(columns, make_sample(frame, [0, 1, 2] * 20, task=task)) == ()
