"""What holds for every form: it is the same each time, and refuses a broken bundle and a wrong place."""

from __future__ import annotations

import shutil

import pytest

from automl.bundle.archive import pack
from automl.bundle.read import Bundle, names_of
from automl.deploy.export.base import EXPORTERS, export
from automl.errors import BundleError, SpecError

FORMS = ("c", "docker", "sbom", "web", "zip")


def test_the_forms():
    """The folder holds these forms, each with a purpose for people."""
    assert tuple(EXPORTERS.all) == FORMS
    assert all(exporter.purpose for exporter in EXPORTERS.all.values())


@pytest.mark.parametrize("form", FORMS)
def test_equal_bundles_give_equal_exports(form, bundle, content, tmp_path):
    """No clock and no chance enters a form; a zip is exported as its folder is; an earlier export is replaced."""
    packed = tmp_path / "b.zip"
    pack(bundle, names_of(bundle, Bundle.load(bundle).manifest), packed)
    export(bundle, form, tmp_path / "one")
    export(packed, form, tmp_path / "two")
    first = content(tmp_path / "one")
    assert first == content(tmp_path / "two")
    export(packed, form, tmp_path / "one")
    assert content(tmp_path / "one") == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "one", "two"]


@pytest.mark.parametrize("form", FORMS)
def test_a_bundle_that_fails_its_check_is_not_exported(form, bundle, tmp_path):
    """B06: one changed byte, and no form leaves the house; nothing stands at the place."""
    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    (copy / "card.md").write_bytes(b"# Another card\n")
    with pytest.raises(BundleError, match="not the one that was written"):
        export(copy, form, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["copy.bundle"]


@pytest.mark.parametrize("form", ["c", "docker", "web"])
def test_what_is_no_export_is_not_replaced(form, bundle, tmp_path):
    """A folder with other files stays as it is; so does a file where a folder would stand."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "file").write_text("more", encoding="utf-8")
    for place in ("out", "file"):
        with pytest.raises(SpecError, match="is no export, so it is not replaced"):
            export(bundle, form, tmp_path / place)
    assert (tmp_path / "out" / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    with pytest.raises(SpecError, match="no such folder"):
        export(bundle, form, tmp_path / "nowhere" / "out")


def test_wrong_words_are_answered(bundle, tmp_path):
    """An unknown form is answered with the nearest; --vendor is for the web alone."""
    with pytest.raises(SpecError, match="no form 'dokcer'") as raised:
        export(bundle, "dokcer", tmp_path / "out")
    assert raised.value.hint == "did you mean 'docker'?"
    with pytest.raises(SpecError, match="takes nothing from a vendor"):
        export(bundle, "c", tmp_path / "out", vendor=tmp_path)
