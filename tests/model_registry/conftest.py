"""A registry to change, with two versions of which the first answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from automl.bundle.files import open_files
from automl.model_registry.promote import promote
from automl.model_registry.register import register


@pytest.fixture(scope="session")
def hashes(versions: Sequence[Path]) -> tuple[str, ...]:
    """The content hashes of the four bundles."""
    return tuple(open_files(path).manifest.content_hash for path in versions)


@pytest.fixture
def credit(versions: Sequence[Path], hashes: Sequence[str], tmp_path: Path) -> Path:
    """The registry: versions 1 and 2 are registered, 1 is the champion."""
    folder = tmp_path / "models" / "credit"
    for path in versions[:2]:
        register(path, folder)
    promote(folder, hashes[0])
    return folder
