"""Fixtures of who tampers with bundles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.bundle.read import MANIFEST, SEAL, SIGNATURE
from automl.bundle.scorer import seal


@pytest.fixture
def reseal() -> Callable[..., None]:
    """Computes all hashes of a folder again, as someone would who tampers with care; `changes` go to the manifest."""

    def make(folder: Path, **changes: object) -> None:
        content = json.loads((folder / MANIFEST).read_bytes()) | changes
        own = {MANIFEST, SEAL, SIGNATURE}
        names = (path for path in folder.rglob("*") if path.is_file() and path.name not in own)
        content["files"] = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in names
        }
        text = json.dumps(content).encode()
        (folder / MANIFEST).write_bytes(text)
        (folder / SEAL).write_bytes(seal(text))

    return make
