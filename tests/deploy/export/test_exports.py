"""What holds for every form: it is the same each time, and refuses a broken bundle and a wrong place."""

from __future__ import annotations

import pytest

from automl.bundle.verify import verify
from automl.deploy.export.base import export
from automl.errors import SpecError


def test_wrong_words_are_answered(bundle, tmp_path):
    """An unknown form is answered with the nearest; --vendor is for the web alone."""
    with pytest.raises(SpecError, match="no form 'dokcer'") as raised:
        export(bundle, "dokcer", tmp_path / "out")
    assert raised.value.hint == "did you mean 'docker'?"
    with pytest.raises(SpecError, match="takes nothing from a vendor"):
        export(bundle, "c", tmp_path / "out", vendor=tmp_path)


def test_only_an_export_is_replaced(bundle, tmp_path):
    """Neither a folder of somebody else's, nor an export to which somebody added a file, nor a link to one."""
    out = tmp_path / "image"
    for _ in range(2):
        export(bundle, "docker", out)
    (tmp_path / "link").symlink_to(out)
    with pytest.raises(SpecError, match="this is a link"):
        export(bundle, "docker", tmp_path / "link")
    (out / "bundle" / "notes.txt").write_text("why we chose this one")
    with pytest.raises(SpecError, match=r"this export holds 'bundle/notes\.txt'"):
        export(bundle, "docker", out)
    with pytest.raises(SpecError, match="is no export"):
        export(bundle, "docker", tmp_path)


@pytest.mark.parametrize("form", ["zip", "docker"])
def test_a_bundle_is_not_written_over(form, bundle, tmp_path):
    """Neither itself nor anything within it is a place for an export."""
    packed = tmp_path / "a.zip"
    export(bundle, "zip", packed)
    for source, out in ((packed, packed), (bundle, bundle), (bundle, bundle / "out"), (bundle, bundle / "card.md")):
        with pytest.raises(SpecError):
            export(source, form, out)
    verify(bundle)
    verify(packed)
