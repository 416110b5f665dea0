"""What is not supported yet is accepted by the models and refused from one list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automl.spec.model import Spec
from automl.spec.problems import known_keys
from automl.spec.unsupported import GAPS, find_gaps

TARGET = {"target": "y"}
GIVEN = [
    {"objective": TARGET, "retrain": {"every": "30d", "on": ["drift"]}},
]


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_accepted_by_the_model_and_named(given: dict[str, object]) -> None:
    """The model takes it, and the list names it."""
    Spec.model_validate(given)
    assert list(find_gaps(given))


def test_every_gap_is_reached() -> None:
    """No entry of the list is dead: each is reached by one of the examples above, and is a key of the spec."""
    reached = {what for given in GIVEN for _, what in find_gaps(given)}
    assert reached == {gap.what for gap in GAPS}
    sections = {key.partition(".*")[0] for key in (gap.key for gap in GAPS)}
    assert sections <= set(known_keys(Spec))


def test_what_is_supported_is_not_named() -> None:
    """Constants, the local executor and the default values pass."""
    costs = {"false_positive": 1, "false_negative": 5}
    given = {"objective": {**TARGET, "costs": costs}, "data": {"final": "all"}, "budget": {"executor": "local"}}
    assert not list(find_gaps(given))


def test_the_refusal_names_the_place(refusal: Callable[..., str]) -> None:
    """The refusal has file, line and key of each."""
    text = refusal('[objective]\ntarget = "y"\n[retrain]\nevery = "30d"\non = ["drift"]\n')
    assert text.splitlines() == [
        "fraud.toml:4 retrain.every: not supported yet: retraining by the calendar",
        "  fraud.toml:5 retrain.on: not supported yet: retraining on what a watch says",
        "  remove it to go on",
    ]
