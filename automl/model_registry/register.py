"""A bundle becomes a version of a model once it verifies; nothing answers with it before it is promoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from automl import disk
from automl.bundle.files import Files
from automl.bundle.manifest import Manifest, plain
from automl.bundle.signature import check_signature
from automl.bundle.verify import verified, verify
from automl.errors import AutomlError, BundleError, SpecError
from automl.model_registry.change import Note, commit, writing
from automl.model_registry.state import KEY, VERSIONS, State, place
from automl.own_names import own_name


def register(bundle: Path, folder: Path, *, key: Path | None = None, note: Note | None = None) -> str:
    """Let the bundle, a folder or a zip, be a version of the model in `folder`; its content hash.

    A registry that does not exist is made. With a public `key` the bundle has to be signed by its owner, and a registry
    that has no key yet keeps it: then every version has to be signed, called as the registry is, and have a serial
    above all before. A version that stands there already is left as it is.

    Raises `BundleError` for a bundle that does not verify or that the registry's rules refuse, `SpecError` for a name
    of a registry that is none, `MachineError` where the disk refuses or another writer does not end.
    """
    note = note or Note()
    files = verified(bundle, require_signature=key or key_of(folder)).files
    with writing(folder, create=True) as state:
        own, version = key_of(folder), files.manifest.content_hash
        if own is not None:
            check_signature(files.text, files.signature, own, where=bundle)
        if version in state.versions and _stands(place(folder, version), own):
            return version
        if own or key:
            _check_named(files, folder, state)
        _put(files, folder, version)
        if key is not None and own is None:
            disk.put(folder / KEY, key.read_bytes())
        versions = (*(each for each in state.versions if each != version), version)
        serial = files.manifest.naming["serial"]
        highest = max((each for each in (state.serial, serial) if each is not None), default=None)
        event = note.event("register", version, parent=files.manifest.parent, facts=facts_of(files.manifest))
        commit(folder, replace(state, versions=versions, serial=highest), event)
    return version


def key_of(folder: Path) -> Path | None:
    """The public key of a registry, whose owner must have signed each version; None where it has none."""
    return folder / KEY if (folder / KEY).exists() else None


def facts_of(manifest: Manifest) -> Mapping[str, Any]:
    """What a history keeps of a bundle: verdict, scores, gates, hashes of its data."""
    verdict = manifest.verdict
    return {
        "created": manifest.created,
        "bundle": manifest.naming,
        "data": manifest.sources,
        "verdict": verdict
        and {name: plain(getattr(verdict, name)) for name in ("worth", "saving", "low", "high", "currency", "rows")},
        "scores": {score.metric: score.value for score in manifest.scores if score.rows == "test"},
        "gates": {gate.gate: gate.ok for gate in manifest.gates},
    }


def _stands(path: Path, key: Path | None) -> bool:
    """Whether the version lies there whole."""
    try:
        verify(path, require_signature=key)
    except AutomlError:
        return False
    return True


def _check_named(files: Files, folder: Path, state: State) -> None:
    """An old bundle, or one of another model, is refused however well it is signed."""
    name, serial = files.manifest.naming["name"], files.manifest.naming["serial"]
    if name != folder.name:
        called = f"is called {name!r}" if name else "has no name"
        hint = f'Fit it with [bundle] name = "{folder.name}".'
        raise BundleError(f"the bundle {called}, the registry {folder.name!r}", where=str(files.folder), hint=hint)
    if serial is None or (state.serial is not None and serial <= state.serial):
        called = "has no serial number" if serial is None else f"has the serial number {serial}"
        least = 0 if state.serial is None else state.serial + 1
        hint = f"Fit it with [bundle] serial = {least} or higher."
        raise BundleError(f"the bundle {called}, and {least} is the least here", where=str(files.folder), hint=hint)


def _put(files: Files, folder: Path, version: str) -> None:
    """The files as they were checked, beside the other versions; a damaged one there is replaced."""
    target = place(folder, version)
    if target.is_symlink():
        raise SpecError("a link stands where the version belongs", where=str(target), hint="Remove it.")
    staged = own_name(target, "part")
    try:
        with disk.machine_errors(staged):
            disk.make_folder(folder / VERSIONS)
            disk.discard(staged)
            for name in files.names:
                content = files.read(name)
                disk.make_folder((staged / name).parent)
                disk.write(staged / name, content)
        disk.replace_folder(staged, target)
    finally:
        disk.discard(staged)
