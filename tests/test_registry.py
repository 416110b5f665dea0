"""Plugins are found by folder, and a wrong name is answered with the nearest right one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.learners.base import Learner
from automl.registry import Registry


@dataclass(frozen=True)
class Tool:
    """A plugin of the tests."""

    name: str


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[Tool]:
    """A folder with two plugins, a base and a helper."""
    folder = tmp_path / "toolbox"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name in ("saw", "hammer"):
        (folder / f"{name}.py").write_text(f"from tests_tool import Tool\nIT = Tool('{name}')\n")
    for name in ("base", "_helper"):
        (folder / f"{name}.py").write_text("raise RuntimeError('holds no plugin')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "tests_tool", sys.modules[__name__])
    return Registry(package="toolbox", kind=Tool, noun="tool")


def test_plugins_are_found(tools: Registry[Tool]) -> None:
    """Every module of the folder but `base` and private ones gives its plugin."""
    assert list(tools.all) == ["hammer", "saw"]
    assert tools.get("saw") == Tool("saw")


def test_a_wrong_name(tools: Registry[Tool]) -> None:
    """A wrong name is answered with the nearest, or with all."""
    with pytest.raises(SpecError, match="did you mean 'hammer'"):
        tools.get("hamer")
    with pytest.raises(SpecError, match="known: hammer, saw"):
        tools.get("q")


def test_our_own_folders() -> None:
    """The learners of the package are found this way."""
    learners = Registry(package="automl.learners", kind=Learner, noun="learner")
    assert {"constant", "lightgbm"} <= set(learners.all)
