"""Crossings: what is proposed first, and a target that only two columns together know."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.features.base import Survey
from automl.features.joint.crossing import BEST, PAIRS, TRIPLES, crossing
from automl.features.shrinkage import strength
from automl.task import Task

TASK = Task(kind="binary", classes=2)


def proposed(columns, weight, together=None):
    survey = Survey(columns=tuple(columns), frame=pl.DataFrame(), task=TASK, weight=weight, together=together or {})
    return [ask.columns for ask in crossing.propose(survey)]


def test_what_was_used_together_is_crossed_first(make_column):
    """The bond of two columns comes before their weights; the names of a bond stand in alphabetical order."""
    columns = [make_column(name, "category") for name in ("d", "c", "b")]
    weight = {"b": 3.0, "c": 2.0, "d": 1.0}
    assert proposed(columns, weight)[:3] == [("b", "c"), ("b", "d"), ("c", "d")]
    assert proposed(columns, weight, {("c", "d"): 1.0})[0] == ("c", "d")


def test_a_pair_has_a_category_in_it(make_column):
    """Two numbers are not crossed: trees do that; three columns are only crossed if all are categories."""
    columns = [make_column("x"), make_column("z"), make_column("c", "category"), make_column("f", "flag")]
    found = proposed(columns, dict.fromkeys("xzcf", 1.0))
    assert sorted(map(sorted, found)) == [["c", "f"], ["c", "x"], ["c", "z"]]


def test_a_column_that_nothing_came_of_is_not_crossed(make_column):
    """A weight of 0, or none, leaves a column out, and a date or a text is never crossed."""
    columns = [make_column(name, "category") for name in "abc"]
    columns += [make_column("day", "date"), make_column("note", "text")]
    assert proposed(columns, {"a": 1.0, "b": 0.0, "day": 5.0, "note": 5.0}) == []


def test_the_number_of_crossings_is_bounded(make_column):
    """Of fifty columns the best eight are looked at, and of their pairs and triples a few are proposed."""
    columns = [make_column(f"c{i}", "category") for i in range(50)]
    found = proposed(columns, {f"c{i}": 1.0 + i for i in range(50)})
    assert [len(names) for names in found] == [2] * PAIRS + [3] * TRIPLES
    assert {name for names in found for name in names} <= {f"c{i}" for i in range(50 - BEST, 50)}


def test_two_columns_know_what_neither_knows(make_column, make_sample, values_on, halves):
    """The target is 1 where the two differ, so each alone says a half and both together say nearly all."""
    c, d = np.repeat(["a", "b"], 80), np.tile(["x", "x", "y", "y"], 40)
    y = ((c == "a") != (d == "x")).astype(float)
    frame = pl.DataFrame({"c": c, "d": d})
    columns = [make_column("c", "category"), make_column("d", "category")]
    (found,) = crossing.fit(columns, make_sample(frame, y, folds=halves(160)))
    assert found.feature.name == "c x d: share of positives"
    assert found.feature.source == ("c", "d")
    rows = pl.DataFrame({"c": ["a", "a", "b", "b", "new"], "d": ["x", "y", "x", "y", "x"]})
    cell = 2 * (c == "b") + (d == "y")
    belief = strength(cell, 4, y, np.ones(160))
    low, high = (belief / 2) / (40 + belief), (40 + belief / 2) / (40 + belief)
    assert values_on(found, rows) == pytest.approx([low, high, high, low, 0.5])
    of_half = strength(cell[::2], 4, y[::2], np.ones(80))
    assert found.values == pytest.approx(np.where(y == 1, 20 + of_half / 2, of_half / 2) / (20 + of_half))
    assert high > 0.98


def test_classes_have_a_column_each(make_column, make_sample, halves):
    """K classes give K - 1 columns of shares, and without folds there is none."""
    frame = pl.DataFrame({"c": ["a", "b"] * 30, "d": ["x", "x", "y"] * 20})
    columns = [make_column("c", "category"), make_column("d", "category")]
    task = Task(kind="multiclass", classes=3)
    found = crossing.fit(columns, make_sample(frame, [0, 1, 2] * 20, task=task, folds=halves(60)))
    assert [one.feature.name for one in found] == ["c x d: share of class 1", "c x d: share of class 2"]
    assert crossing.fit(columns, make_sample(frame, [0, 1, 2] * 20, task=task)) == ()
