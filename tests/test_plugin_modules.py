"""Plugins may stand in a folder, or in installed packages that say so."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from automl.errors import MachineError
from automl.plugin_modules import entries, load, module_names


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for packages, searched first."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return tmp_path


def declare(place: Path, package: str, text: str) -> None:
    """Install a package that names these entry points."""
    about = place / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(text, encoding="utf-8")


def test_modules_of_a_folder(tmp_path: Path) -> None:
    """By name; `base`, private modules, folders and other files hold no plugin."""
    for name in ("saw.py", "hammer.py", "base.py", "_helper.py", "__init__.py", "notes.toml"):
        (tmp_path / name).touch()
    (tmp_path / "parts").mkdir()
    assert module_names([str(tmp_path)]) == ["hammer", "saw"]


def test_nobody_names_a_group() -> None:
    """Where no installed package names a group, nothing more is looked up."""
    assert entries("automl.no_such_folder") == ()


def test_packages_name_modules(installed: Path) -> None:
    """All packages that name a group, by the plugin's name; other groups, and places that are not there, are passed."""
    declare(installed, "theirs", "[toolbox]\nplane = their_plane\n[other]\nx = y\n")
    declare(installed, "ours", "[toolbox]\naxe = our_axe\n")
    sys.path.append(str(installed / "nowhere"))
    assert [(entry.name, entry.value) for entry in entries("toolbox")] == [("axe", "our_axe"), ("plane", "their_plane")]
    assert [entry.name for entry in entries("tool")] == []


def test_a_module_that_cannot_be_imported_is_named(installed: Path) -> None:
    """Whose plugin it is, where it stands, and why; exit 6, as the machine is to be mended."""
    declare(installed, "theirs", "[toolbox]\nlathe = broken_lathe\nplane = sound_plane\n")
    (installed / "broken_lathe.py").write_text("1 / 0\n", encoding="utf-8")
    (installed / "sound_plane.py").write_text("IT = 1\n", encoding="utf-8")
    lathe, plane = entries("toolbox")
    assert load(plane).IT == 1
    with pytest.raises(MachineError, match=r"toolbox \(broken_lathe\): the plugin 'lathe' cannot be imported: Zero"):
        load(lathe)


def test_a_package_that_comes_later_is_found(installed: Path) -> None:
    """What was read of a place is forgotten once another package is installed there or one has gone."""
    declare(installed, "theirs", "[toolbox]\nplane = their_plane\n")
    assert [entry.name for entry in entries("toolbox")] == ["plane"]
    declare(installed, "ours", "[toolbox]\naxe = our_axe\n")
    os.utime(installed, ns=(0, 1))  # a clock of files may not tell two moments apart
    assert [entry.name for entry in entries("toolbox")] == ["axe", "plane"]
    shutil.rmtree(installed / "theirs-1.0.dist-info")
    os.utime(installed, ns=(0, 2))
    assert [entry.name for entry in entries("toolbox")] == ["axe"]
