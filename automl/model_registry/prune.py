"""Old versions go, by number: never the champion, the one before it, or the canary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from automl import disk
from automl.errors import SpecError
from automl.model_registry.change import Note, commit, writing
from automl.model_registry.state import VERSIONS, State, place


def prune(folder: Path, *, keep: int, note: Note | None = None) -> list[str]:
    """Remove all versions but the `keep` that were registered last, the champion, its parent and the canary.

    The removed ones, the oldest first; the history goes on telling of them. What lies among the versions and was never
    registered goes too. Errors as `promote`.
    """
    if keep < 0:
        raise SpecError("as many versions are kept as you say, 0 or more", where="--keep")
    note = note or Note()
    with writing(folder) as before:
        kept, now = kept_of(before, keep), before
        gone = [version for version in before.versions if version not in kept]
        for version in gone:
            left, parents = (tuple(each for each in names if each != version) for names in (now.versions, now.parents))
            now = commit(folder, replace(now, versions=left, parents=parents), note.event("prune", version))
        named = {place(folder, version) for version in now.versions}
        with disk.machine_errors(folder):
            for path in (folder / VERSIONS).glob("*.bundle"):
                if path not in named:
                    disk.remove_folder(path)
    return gone


def kept_of(state: State, keep: int) -> set[str]:
    """The versions that stay."""
    newest = state.versions[max(0, len(state.versions) - keep) :]
    return {*newest, *state.parents[:1], *state.answering}
