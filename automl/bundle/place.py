"""Where something may be written: only what automl sealed is replaced, and everything about places is asked first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from automl.addresses import address_of
from automl.bundle.files import open_files
from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE
from automl.bundle.plain_file import read_file
from automl.bundle.scorer import seal
from automl.errors import BundleError, SpecError

_ANOTHER = "Name another place."


def check_place(out: Path) -> None:
    """Refuse a place for a bundle where something else stands; worth asking before the search starts."""
    _check_inside(out)
    _check_link(out)
    if out.suffix == ".run":
        raise SpecError("names that end in .run are those of run folders", where=str(out), hint=_ANOTHER)
    if not out.exists():
        return
    if not is_sealed(out):
        raise SpecError(
            "this exists and is no bundle with its seal, so it is not replaced",
            where=str(out),
            hint="Choose another --out, or remove it.",
        )
    if foreign := strangers(out):
        raise SpecError(
            f"this bundle holds '{foreign[0]}', which is no part of it, so it is not replaced",
            where=str(out),
            hint="Move that elsewhere, or choose another --out.",
        )


def check_output(out: Path, *, inputs: Iterable[Path]) -> None:
    """Refuse an output that is one of the inputs, that lies inside a bundle, or whose name is a link."""
    _check_inside(out)
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            raise SpecError("this is what is read, and it would be overwritten", where=str(out), hint=_ANOTHER)
    _check_link(out)


def _check_inside(out: Path) -> None:
    if address := address_of(out):
        hint = "Name a file or a folder, and copy it there."
        raise SpecError(
            "this is written to the disk, and the address is of an object store", where=str(address), hint=hint
        )
    for folder in out.absolute().parents:
        if is_sealed(folder):
            raise SpecError(f"this lies inside the bundle {folder}", where=str(out), hint=_ANOTHER)


def _check_link(out: Path) -> None:
    if out.is_symlink():
        raise SpecError("this is a link, and it is not replaced", where=str(out), hint="Name what is behind it.")


def is_sealed(folder: Path) -> bool:
    """Whether the folder holds a manifest with its seal: no other folder does by chance."""
    try:
        return read_file(folder, SEAL) == seal(read_file(folder, MANIFEST))
    except BundleError:
        return False


def strangers(folder: Path) -> list[str]:
    """Files in the folder of a bundle that are no part of it; Python's own copies of `score.py` are none."""
    known = {*open_files(folder).names, SIGNATURE}
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()
    }
    return sorted(name for name in found - known if "__pycache__/" not in name)
