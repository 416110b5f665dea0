"""The spread of a number on levels: where it is proposed, and what it tells that means do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from automl.features.base import Survey
from automl.features.joint.distribution import BEST, distribution
from automl.task import Task

NUMBER = Task(kind="regression")
SURVEY = Survey(columns=(), frame=pl.DataFrame(), task=NUMBER, weight={}, together={})


def test_the_weightiest_categories_of_a_number_are_proposed(make_column):
    """Each for itself, of a regression only; where categories carry the table even in little time."""
    columns = tuple(make_column(name, "category") for name in "abcdefgh")
    survey = replace(SURVEY, columns=(*columns, make_column("x")), weight={"h": 0.6, "b": 0.3, "x": 0.1})
    asks = distribution.propose(survey)
    assert [ask.columns for ask in asks[:2]] == [("h",), ("b",)]
    assert len(asks) == BEST
    assert distribution.brief(survey)
    assert not distribution.brief(replace(survey, weight={"x": 0.9, "h": 0.1}))
    binary = replace(survey, task=Task(kind="binary", classes=2))
    assert distribution.propose(binary) == ()
    assert not distribution.brief(binary)


def test_a_level_that_scatters_is_told_from_one_that_does_not(make_column, make_sample, values_on, halves):
    """Both levels have one mean; the graph and what learners see part them by their spread."""
    rng = np.random.default_rng(0)
    wide = np.arange(2_000) % 4 > 1
    y = rng.normal(size=2_000) * np.where(wide, 6.0, 1.0)
    frame = pl.DataFrame({"c": np.where(wide, "wide", "narrow")})
    sample = make_sample(frame, y, task=NUMBER, folds=halves(2_000))
    found = distribution.fit([make_column("c", "category")], sample)
    assert found[0].feature.name == "c: distance from the median"
    for values in (found[0].values, values_on(found[0], frame)):
        assert values[wide].mean() > 3 * values[~wide].mean()
