"""The order of joint steps, and what of them is no option."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from automl.data.rows import Column, Schema
from automl.features.base import Ask, Survey, joints
from automl.features.plan_fit import default_asks
from automl.task import Task

NAMES = (("note", "text"), ("x", "number"), ("title", "text"))


TIME = Column(name="at", wire="date", role="time", reason="", is_feature=True, reader={})
SURVEY = Survey(columns=(TIME,), frame=pl.DataFrame(), task=Task(kind="regression"), weight={}, together={})


def test_what_tells_of_time_is_tried_first() -> None:
    """The step that is worth its cost in the shortest search stands first, and is tried where time is short."""
    assert joints.get("trend").order == min(step.order for step in joints.all.values())
    assert joints.get("trend").brief(SURVEY)
    assert not joints.get("trend").brief(replace(SURVEY, columns=()))
    assert not joints.get("arithmetic").brief(SURVEY)


def test_what_columns_weigh_together_is_a_share() -> None:
    """Of all columns; while no weight is known, nothing speaks against them."""
    columns = (replace(TIME, name="c", wire="category"), replace(TIME, name="x", wire="number"))
    survey = replace(SURVEY, columns=columns)
    assert survey.share(survey.coded()) == 1.0
    weighed = replace(survey, weight={"c": 1.0, "x": 3.0})
    assert weighed.share(weighed.coded()) == pytest.approx(0.25)


def test_free_text_is_no_option() -> None:
    """Every text has its words, in one ask; where there is none, nothing is always there."""
    columns = tuple(
        Column(name=name, wire=wire, role="feature", reason="", is_feature=True, reader={}) for name, wire in NAMES
    )
    assert default_asks(Schema(columns=columns)) == (Ask(step="text", columns=("note", "title")),)
    assert default_asks(Schema(columns=columns[1:2])) == ()
