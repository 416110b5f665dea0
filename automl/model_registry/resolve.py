"""`models/NAME` in place of a bundle -> the bundle that answers for that name, in one place for every command."""

from __future__ import annotations

from pathlib import Path

from automl.bundle.files import open_files
from automl.errors import BundleError
from automl.model_registry.register import key_of
from automl.model_registry.state import SHORT, is_registry, place, read_state, version_of


def bundle_of(path: Path) -> Path:
    """The bundle that `path` means: of a registry its champion, of ``models/NAME@VERSION`` that one, else itself.

    `BundleError` where the version is not the one that was registered, or not signed though the registry has a key.
    """
    if is_registry(path):
        return version_path(path, "champion")
    folder, at, version = str(path).rpartition("@")
    if at and not path.exists() and is_registry(Path(folder)):
        return version_path(Path(folder), version)
    return path


def version_path(folder: Path, text: str) -> Path:
    """Where the version of a registry lies that `text` names (see `state.version_of`), its name and signature checked.

    Errors as `bundle_of`; `SpecError` where nothing is called so.
    """
    version = version_of(read_state(folder), text, folder)
    path = place(folder, version)
    found = open_files(path, require_signature=key_of(folder)).manifest.content_hash
    if found != version:
        raise BundleError(f"the bundle in place of version {version[:SHORT]} is {found[:SHORT]}", where=str(path))
    return path
