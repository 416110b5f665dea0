"""`automl verify`: the files are those that were written, nothing else lies there, and the golden rows answer alike."""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from pathlib import Path

from automl.bundle.files import Files
from automl.bundle.opening import Taken, bundle_errors, check_code, take
from automl.bundle.read import Bundle
from automl.errors import BundleError

_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # zip, gzip, bzip2, xz: they may hold a pickle


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked: the bundle's content hash, the number of files, and of golden rows replayed.

    `signature` is "checked" where a key was given, "not checked" where there is one and no key, else None.
    """

    path: Path
    content_hash: str
    files: int
    golden_rows: int
    signature: str | None = None


def verify(path: Path, *, require_signature: Path | None = None) -> Report:
    """Check the bundle at `path`, a folder or a zip, and replay its golden rows: a stranger's in a process of its own.

    Raises `BundleError` for anything that is not as written. Numbers may differ by 1e-9·max(1, |x|), because processors
    differ in the last digits; decisions may not. `require_signature` is a public key: its owner must have signed.
    """
    with bundle_errors("checked", Path(path)):
        taken = take(Path(path), require_signature=require_signature)
        check_content(taken)
        rows = taken.replay(taken.open()) if taken.files.is_trusted else taken.try_out()
    return Report(
        path=Path(path),
        content_hash=taken.files.manifest.content_hash,
        files=len(taken.files.names),
        golden_rows=rows,
        signature=_signature(taken.files),
    )


def verified(path: Path, *, require_signature: Path | None = None) -> Bundle:
    """The bundle at `path`, opened from the very bytes that passed what `verify` checks."""
    with bundle_errors("opened", Path(path)):
        taken = take(Path(path), require_signature=require_signature)
        check_content(taken)
        if not taken.files.is_trusted:
            taken.try_out()
            return Bundle.of(taken)
        scorer = taken.open()
        taken.replay(scorer)
        return Bundle.of(taken, scorer)


def check_content(taken: Taken) -> None:
    """Raise `BundleError` for a bundle that is not finished, holds more than it names, or is not what it says it is."""
    folder, manifest = taken.files.folder, taken.files.manifest
    if manifest.provisional:
        raise BundleError("the bundle was never finished: its gates and verdict are missing", where=str(folder))
    _check_strangers(folder, set(taken.files.names))
    for name, content in taken.content.items():
        if looks_pickled(content):
            raise BundleError("this is a pickle or an archive; a bundle has none", where=str(folder / name))
    check_code(taken.files)


def _signature(files: Files) -> str | None:
    if files.signature is None:
        return None
    return "checked" if files.signed else "not checked"


def looks_pickled(content: bytes) -> bool:
    """Whether the bytes are a whole pickle of any protocol, or an archive that could hold one (B01)."""
    if content.startswith(_ARCHIVES):
        return True
    try:
        return sum(1 for _ in pickletools.genops(content)) > 0
    except Exception:  # noqa: BLE001  # whatever genops stumbles over is no pickle
        return False


def _check_strangers(folder: Path, known: set[str]) -> None:
    """A file that nobody vouches for is refused: it may be run or read by mistake (B02)."""
    for entry in sorted(folder.rglob("*")):
        name = entry.relative_to(folder).as_posix()
        if entry.is_symlink() or (not entry.is_dir() and name not in known):
            raise BundleError(
                "the manifest does not name this file", where=str(entry), hint="Remove it, then check the bundle again."
            )
