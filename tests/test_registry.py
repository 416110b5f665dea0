"""Plugins are found by folder, and a wrong name is answered with the nearest right one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from automl.errors import MachineError, SpecError
from automl.learners.base import learners
from automl.registry import LAST, Registry, entries


@dataclass(frozen=True)
class Tool:
    """A plugin of the tests."""

    name: str
    order: int = LAST


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry[Tool]]:
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
    yield Registry(package="toolbox", kind=Tool, noun="tool")
    for name in [name for name in sys.modules if name.partition(".")[0] == "toolbox"]:
        del sys.modules[name]


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


def test_a_wrong_name_is_told_with_the_key_that_names_it(tools: Registry[Tool]) -> None:
    """Whoever asks says where the name stands."""
    with pytest.raises(SpecError, match=r"recipe\.tool: no tool 'hamer'"):
        tools.get("hamer", where="recipe.tool")


def test_order_comes_before_names(tools: Registry[Tool], tmp_path: Path) -> None:
    """A plugin that says its place stands before those that say nothing."""
    (tmp_path / "toolbox" / "wrench.py").write_text("from tests_tool import Tool\nIT = Tool('wrench', order=1)\n")
    assert list(tools.all) == ["wrench", "hammer", "saw"]


def test_two_of_one_name_are_refused(tools: Registry[Tool], tmp_path: Path) -> None:
    """None takes the place of another in silence."""
    (tmp_path / "toolbox" / "other.py").write_text("from tests_tool import Tool\nIT = Tool('saw')\n")
    with pytest.raises(SpecError, match="two plugins are the tool 'saw'"):
        tools.all  # noqa: B018  # the look-up is the claim


def test_a_plugin_that_another_module_uses_is_one(tools: Registry[Tool], tmp_path: Path) -> None:
    """The same value in two modules is no clash."""
    (tmp_path / "toolbox" / "user.py").write_text("from toolbox.saw import IT\n")
    assert list(tools.all) == ["hammer", "saw"]


def test_packages_name_modules_by_entry_points(tools: Registry[Tool], tmp_path: Path) -> None:
    """An installed package brings plugins, by name after our own; one that cannot be imported is named."""
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[toolbox]\nplane = their_plane\naxe = their_axe\n")
    for name in ("plane", "axe"):
        (tmp_path / f"their_{name}.py").write_text(f"from tests_tool import Tool\nIT = Tool('{name}')\n")
    assert [entry.name for entry in entries("toolbox")] == ["axe", "plane"]
    assert list(tools.all) == ["hammer", "saw", "axe", "plane"]
    (about / "entry_points.txt").write_text("[toolbox]\nlathe = no_such_module\n")
    with pytest.raises(MachineError, match=r"toolbox \(no_such_module\): the plugin 'lathe' cannot be imported"):
        Registry(package="toolbox", kind=Tool, noun="tool").all  # noqa: B018  # the look-up is the claim


def test_nobody_names_a_group() -> None:
    """Where no installed package names a group, nothing more is looked up."""
    assert entries("automl.no_such_folder") == ()


def test_our_own_folders() -> None:
    """The learners of the package are found this way."""
    assert {"constant", "lightgbm"} <= set(learners.all)
