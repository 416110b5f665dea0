"""docs/bundle.md says what is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from automl.bundle.layout import MANIFEST, SEAL
from automl.bundle.manifest import Manifest

PAGE = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"^```py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
def test_the_blocks_run(code, bundle, raw, make_contents, binary, tmp_path, monkeypatch):
    """Each block of Python on the page runs."""
    shutil.copytree(bundle, tmp_path / "credit.bundle")
    monkeypatch.chdir(tmp_path)
    names = {
        "frame": raw,
        "row": raw.row(0, named=True),
        "contents": make_contents(binary),
        "out": tmp_path / "credit.bundle",
        "gates": (),
        "verdict": None,
    }
    exec(compile(code, "docs/bundle.md", "exec"), names)  # noqa: S102  # our own documentation
    assert (tmp_path / "credit.bundle" / MANIFEST).exists()


def test_every_field_and_file_is_told(bundle):
    """The page names every field of the manifest and every file of a bundle."""
    told = set(re.findall(r"`([a-z_./0-9]+)`", PAGE))
    assert set(Manifest.model_fields) <= told
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert files <= told
    assert {MANIFEST, SEAL} <= files
