"""The bytes of a bundle are those that its manifest names, or none."""

from __future__ import annotations

import shutil

import pytest

from automl.bundle.files import open_files
from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE
from automl.bundle.signature import make_keys, sign
from automl.errors import BundleError


def test_all_files_are_named_and_read(bundle):
    """Those of the manifest, itself and its seal; each comes as it lies there."""
    files = open_files(bundle)
    assert set(files.names) == {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert all(files.read(name) == (bundle / name).read_bytes() for name in files.names)
    assert files.read_all() == {name: files.read(name) for name in files.manifest.files}


@pytest.mark.parametrize("name", ["../secret.json", "other.json", SIGNATURE, ""])
def test_what_the_manifest_does_not_name_is_not_read(name, bundle, tmp_path):
    """A file beside, or outside, is refused though it is there."""
    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    (copy / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BundleError):
        open_files(copy).read(name)


def test_the_signature_that_was_checked_is_kept(bundle, tmp_path):
    """With a key the bundle is signed, and stays so whatever becomes of the files; without one nothing is claimed."""
    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    public = make_keys(tmp_path / "key")
    sign(copy, tmp_path / "key")
    plain, signed = open_files(copy), open_files(copy, require_signature=public)
    assert (plain.signed, signed.signed) == (False, True)
    before = {name: signed.read(name) for name in (MANIFEST, SEAL, SIGNATURE)}
    for name in before:
        (copy / name).write_bytes(b"")
    assert {name: signed.read(name) for name in before} == before
