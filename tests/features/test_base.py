"""The order of joint steps, and what of them is no option."""

from __future__ import annotations

from automl.data.rows import Column, Schema
from automl.features.base import Ask, joints
from automl.features.plan_fit import default_asks

NAMES = (("note", "text"), ("x", "number"), ("title", "text"))


def test_what_tells_of_time_is_tried_first() -> None:
    """The step that is worth its cost in the shortest search stands first, and is tried where time is short."""
    assert joints.get("trend").order == min(step.order for step in joints.all.values())
    assert joints.get("trend").brief
    assert not joints.get("arithmetic").brief


def test_free_text_is_no_option() -> None:
    """Every text has its words, in one ask; where there is none, nothing is always there."""
    columns = tuple(
        Column(name=name, wire=wire, role="feature", reason="", is_feature=True, reader={}) for name, wire in NAMES
    )
    assert default_asks(Schema(columns=columns)) == (Ask(step="text", columns=("note", "title")),)
    assert default_asks(Schema(columns=columns[1:2])) == ()
