"""What holds for every form: it is the same each time, and refuses a broken bundle and a wrong place."""

from __future__ import annotations

import pytest

from automl.deploy.export.base import export
from automl.errors import SpecError


def test_wrong_words_are_answered(bundle, tmp_path):
    """An unknown form is answered with the nearest; --vendor is for the web alone."""
    with pytest.raises(SpecError, match="no form 'dokcer'") as raised:
        export(bundle, "dokcer", tmp_path / "out")
    assert raised.value.hint == "did you mean 'docker'?"
    with pytest.raises(SpecError, match="takes nothing from a vendor"):
        export(bundle, "c", tmp_path / "out", vendor=tmp_path)
