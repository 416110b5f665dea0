"""What a bundle tells a later search: the configurations that were best before, which it begins with."""

from __future__ import annotations

from typing import Any

from automl.bundle.manifest import Manifest, MemberRecord
from automl.learners.base import Configurations


def configurations(manifest: Manifest) -> Configurations:
    """The best configurations of the bundle's search, the best first; of an older bundle its members."""
    found: list[tuple[str, Any]] = [(one.learner, one.params) for one in manifest.tried]  # JSON that `pack` has written
    return found or members(manifest)


def members(manifest: Manifest) -> Configurations:
    """The configurations that the bundle is made of; how many rounds they take, each fit finds out anew.

    The rounds that a member was fitted for would be the most that any later one takes, though more rows take more.
    """
    found: list[tuple[str, Any]] = [(one.learner, _without_rounds(one)) for one in manifest.members]  # as above
    return found


def _without_rounds(member: MemberRecord) -> dict[str, Any]:
    chosen = {"rounds"} if member.rounds is not None else set()
    return {name: value for name, value in member.params.items() if name not in chosen}
