"""What joint steps propose by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.learners.base import FeatureInfo
from automl.search.feature_search.columns import Columns
from automl.search.feature_search.lab import Lab
from automl.search.feature_search.probe import Probed
from automl.search.feature_search.survey import survey_of
from automl.search.problem import Problem
from automl.search.run import Run
from automl.spec import Spec

BASE = Columns(
    values=(),
    features=tuple(FeatureInfo(name=name, kind="number") for name in ("a", "a missing", "a x b")),
    sources=(("a",), ("a",), ("a", "b")),
    owner=(-1, -1, -1),
)
PROBED = Probed(loss=np.zeros(1), weight=np.array([0.5, 0.1, 0.4]), together={(0, 2): 0.3})


def lab(make_run: Callable[..., Run], problem: Problem, spec: Spec) -> Lab:
    return Lab.of(problem, make_run(spec), seconds=1.0, until=None)


def test_a_raw_column_weighs_what_its_features_do(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]
) -> None:
    """A feature of two columns counts for both, and pairs are those of different columns."""
    spec = make_spec(trials=1)
    survey = survey_of(lab(make_run, make_problem(spec), spec), BASE, [PROBED, PROBED])
    assert survey.weight == pytest.approx({"a": 2.0, "b": 0.8})
    assert survey.together == pytest.approx({("a", "b"): 0.6})
    assert [column.name for column in survey.columns] == ["a", "b", "c"]


def test_what_rises_with_the_time_is_not_offered(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]
) -> None:
    """Hidden in a combination it would bring the time in by the back door; a column without a value does not rise."""
    spec = make_spec(trials=1)
    problem = make_problem(spec)
    frame = problem.rows.frame.with_columns(a=pl.Series(np.arange(240.0)), b=pl.lit(float("nan")))
    timed = replace(problem, rows=replace(problem.rows, frame=frame, time=np.arange(240.0)), judged=50)
    survey = survey_of(lab(make_run, timed, spec), BASE, [PROBED])
    assert [column.name for column in survey.columns] == ["b", "c"]
