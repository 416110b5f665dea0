"""What a bundle tells a later search: the configurations that were best before, which it begins with."""

from __future__ import annotations

from typing import Any

from automl.bundle.manifest import Manifest
from automl.learners.base import Configurations


def configurations(manifest: Manifest) -> Configurations:
    """The best configurations of the bundle's search, the best first; of an older bundle its members."""
    found: list[tuple[str, Any]] = [(one.learner, one.params) for one in manifest.tried]  # JSON that `pack` has written
    return found or members(manifest)


def members(manifest: Manifest) -> Configurations:
    """The configurations that the bundle is made of."""
    found: list[tuple[str, Any]] = [(one.learner, one.params) for one in manifest.members]  # as above
    return found
