"""The spec is one frozen value that knows where it came from and can be shown again."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from automl.spec.model import Origin, Spec

TARGET = {"target": "is_fraud"}
TOML = """
[objective]
target = "is_fraud"
[data]
train = "rows/größe.csv"
test = "/data/test.csv"
[budget]
time = "10min"
"""


def test_a_spec_is_frozen_and_pickles(read: Callable[..., Spec]) -> None:
    """Nobody changes a spec, and it crosses process borders whole."""
    spec = read(TOML)
    with pytest.raises(ValidationError, match="frozen"):
        spec.budget.time = 5  # type: ignore[misc]  # the claim
    copy = pickle.loads(pickle.dumps(spec))  # noqa: S301  # our own bytes
    assert copy == spec
    assert copy.resolved() == spec.resolved()


def test_a_target_is_a_whole_spec() -> None:
    """Every section but the objective has its defaults; without an objective there is no spec."""
    spec = Spec.model_validate({"objective": TARGET})
    assert (spec.data.train, spec.monitor, spec.source) == (None, None, None)
    with pytest.raises(ValidationError, match="objective"):
        Spec.model_validate({})


def test_a_section_that_nobody_knows_is_refused() -> None:
    """A spec is closed: what it would ignore, it refuses."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        Spec.model_validate({"objective": TARGET, "buget": {}})


def test_where_it_came_from_is_not_compared(read: Callable[..., Spec], tmp_path: Path) -> None:
    """A spec of a file equals one of a mapping that says the same, and only the first has a source."""
    spec = read(TOML)
    data = {"train": str(tmp_path / "rows/größe.csv"), "test": "/data/test.csv"}
    same = Spec.model_validate(spec.resolved() | {"data": data})
    assert same == spec
    assert (spec.source, same.source) == (tmp_path / "fraud.toml", None)
    assert Origin(source=tmp_path) == Origin(written={"a": "b"})


def test_paths_are_shown_as_they_were_written(read: Callable[..., Spec], tmp_path: Path) -> None:
    """Inside, a relative path is absolute; shown, it is what the user wrote."""
    spec = read(TOML)
    assert spec.data.train == str(tmp_path / "rows/größe.csv")
    assert spec.resolved()["data"] | {"train": "rows/größe.csv", "test": "/data/test.csv"} == spec.resolved()["data"]


def test_what_is_unset_is_not_shown() -> None:
    """The resolved view has no null and no empty section, and units as people write them."""
    shown = Spec.model_validate({"objective": TARGET}).resolved()
    assert shown["budget"]["time"] == "10min"
    assert "limits" not in shown or None not in shown["limits"].values()
    assert "monitor" not in shown
    assert "train" not in shown["data"]
