"""The engine is chosen by name in the spec."""

from __future__ import annotations

import pytest

from automl.engines.base import DEFAULT, chosen
from automl.errors import SpecError
from automl.spec import parse

TARGET = {"objective": {"target": "y"}}


def test_the_default_and_a_name() -> None:
    """Without a name it is the default one."""
    assert chosen(None).name == DEFAULT
    assert chosen("random").name == "random"


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    """The key is told, and what it may have meant."""
    with pytest.raises(SpecError, match=r"recipe\.engine: no engine 'rondom'") as raised:
        chosen("rondom")
    assert raised.value.hint == "did you mean 'random'?"


def test_an_unset_engine_leaves_the_resolved_spec_as_it_was() -> None:
    """The key stands in the resolved spec only where it was set, so that content hashes stay."""
    assert "engine" not in parse(TARGET).resolved()["recipe"]
    named = parse({**TARGET, "recipe": {"engine": "random"}})
    assert named.resolved()["recipe"]["engine"] == "random"
    assert parse(named.resolved()).recipe.engine == "random"
