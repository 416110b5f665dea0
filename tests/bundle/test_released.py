"""The code of a bundle is one of the texts that automl has released."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

from automl.bundle.explain_text import code_files
from automl.bundle.released import foreign_code, ours, released

KEPT = Path(__file__).parents[1] / "golden" / "bundles"


def test_what_we_write_is_known():
    """B02: each file of today's code passes, of one table and of several."""
    for tables in (False, True):
        files = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in code_files(tables=tables).items()}
        assert foreign_code(files) == []
        assert set(files.items()) <= ours()


def test_the_scorers_of_kept_bundles_are_listed():
    """B11: a later automl still knows the scorer of each protocol's bundle."""
    for path in KEPT.glob("*.zip"):
        with zipfile.ZipFile(path) as kept:
            assert ("score.py", hashlib.sha256(kept.read("score.py")).hexdigest()) in released()


def test_the_list_is_well_formed():
    """B02: each line is a SHA-256 and the name of a file of a scorer."""
    for name, digest in released():
        assert re.fullmatch(r"score\.py|explain\.py|score_tables/\w+\.py", name)
        assert re.fullmatch(r"[0-9a-f]{64}", digest)


def test_code_of_others_is_refused_by_name():
    """B02: one changed letter, or a text of ours under another name, is foreign; what is no code is not asked about."""
    text = code_files(tables=False)["score.py"]
    ours_elsewhere = hashlib.sha256(text.encode()).hexdigest()
    for files in ({"score.py": "0" * 64}, {"score_tables/names.py": ours_elsewhere}):
        assert foreign_code({"model.onnx": "0" * 64, **files}) == list(files)
    assert foreign_code({"model.onnx": "0" * 64, "card.md": "1" * 64}) == []
