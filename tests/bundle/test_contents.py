"""The versions of a manifest are those of everything that a fit may use, and change no content hash."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

from automl.bundle.contents import versions
from automl.bundle.write import stage
from automl.distributions import brought_by

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(autouse=True)
def asked_anew():
    """Each test sees what is installed in it."""
    versions.cache_clear()
    yield
    versions.cache_clear()


def test_every_library_is_told():
    """What automl asks for in every installation is there in the version that is installed, as is what trains."""
    found = versions()
    asked = [need.partition(">=")[0].partition("<")[0] for need in PROJECT["dependencies"] if ";" not in need]
    assert found.keys() >= {"python", "automl", *asked}
    assert found.keys() >= {"catboost", "pandas", "featuretools"}
    own = {name: name for name in found.keys() - {"python"}} | {"xgboost": brought_by("xgboost")[0]}
    assert all(found[name] == importlib.metadata.version(brought) for name, brought in own.items())


def test_an_extra_is_told_where_it_is_installed(monkeypatch):
    """A library of an extra has a version if it is there; one that is not is left out."""
    needs = ["numpy<3,>=2.2", "pytest>=8; extra == 'some'", "no_such_package>=1; extra == 'other'"]
    monkeypatch.setattr(importlib.metadata, "requires", {"automl": needs}.get)
    assert list(versions()) == ["python", "automl", "numpy", "pytest"]


def test_a_plugins_package_is_told(monkeypatch, tmp_path):
    """The package of an entry point that the registry would load has its version in the manifest; others have not."""
    for name, group in (("theirs", "automl.learners"), ("others", "console_scripts")):
        folder = tmp_path / f"{name}-1.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (folder / "entry_points.txt").write_text(f"[{group}]\nx = x\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert versions()["theirs"] == "1.2"
    assert "others" not in versions()


def test_versions_are_no_part_of_the_content_hash(make_contents, binary, tmp_path, monkeypatch):
    """R12: the same answers have the same hash, whichever versions are told beside them."""
    now = stage(make_contents(binary), tmp_path / "a")
    monkeypatch.setattr("automl.bundle.write.versions", lambda: {"automl": "9.9", "numpy": "9.9"})
    later = stage(make_contents(binary), tmp_path / "b")
    assert later.versions == {"automl": "9.9", "numpy": "9.9"} != now.versions
    assert later.content_hash == now.content_hash
