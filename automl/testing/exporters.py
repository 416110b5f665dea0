"""The contract of exporters: a sound bundle in, the same bytes out each time, and nothing of the user's overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from automl.bundle.archive import pack
from automl.bundle.files import open_files
from automl.deploy.export.base import EXPORTERS, Exporter, export
from automl.errors import BundleError, SpecError
from automl.testing._bundle import small_bundle

every = pytest.mark.parametrize("exporter", EXPORTERS.all.values(), ids=EXPORTERS.all)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished bundle; look, don't touch."""
    return small_bundle(tmp_path_factory.mktemp("exporters") / "small.bundle")


def content(out: Path) -> dict[str, bytes]:
    """The bytes of an export by name."""
    if out.is_file():
        return {"": out.read_bytes()}
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@every
def test_it_says_what_it_is_for(exporter: Exporter) -> None:
    """A line for people."""
    assert exporter.purpose.strip()
    assert "\n" not in exporter.purpose


@every
def test_equal_bundles_give_equal_exports(exporter: Exporter, sound: Path, tmp_path: Path) -> None:
    """No clock and no chance enters a form; a zip is exported as its folder is; an earlier export is replaced."""
    packed = tmp_path / "b.zip"
    files = open_files(sound)
    pack(files.names, files.read, packed)
    export(sound, exporter.name, tmp_path / "one")
    export(packed, exporter.name, tmp_path / "two")
    first = content(tmp_path / "one")
    assert first
    assert first == content(tmp_path / "two")
    assert (tmp_path / "one").is_file() == (exporter.makes == "file")
    export(packed, exporter.name, tmp_path / "one")
    assert content(tmp_path / "one") == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "one", "two"]


@every
def test_a_bundle_that_fails_its_check_is_not_exported(exporter: Exporter, sound: Path, tmp_path: Path) -> None:
    """B06: one changed byte, and no form leaves the house; nothing stands at the place."""
    copy = shutil.copytree(sound, tmp_path / "copy.bundle")
    (copy / "card.md").write_bytes(b"# Another card\n")
    with pytest.raises(BundleError, match="not the one that was written"):
        export(copy, exporter.name, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.bundle"]


@every
def test_what_is_no_export_is_not_replaced(exporter: Exporter, sound: Path, tmp_path: Path) -> None:
    """A folder with other files stays as it is; so does a file where a folder would stand."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "file").write_text("more", encoding="utf-8")
    for place in ("out", "file") if exporter.makes == "folder" else ("out",):
        with pytest.raises(SpecError):
            export(sound, exporter.name, tmp_path / place)
    assert (tmp_path / "out" / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    assert (tmp_path / "file").read_text(encoding="utf-8") == "more"
    with pytest.raises(SpecError, match="no such folder"):
        export(sound, exporter.name, tmp_path / "nowhere" / "out")


@every
def test_only_who_looks_at_a_vendor_takes_one(exporter: Exporter, sound: Path, tmp_path: Path) -> None:
    """A folder of a package that a form would pass over is refused."""
    if exporter.vendors:
        pytest.skip("what it takes of the package is tested beside it")
    with pytest.raises(SpecError, match="takes nothing from a vendor"):
        export(sound, exporter.name, tmp_path / "out", vendor=tmp_path)
