"""Examples shipped in the package: a spec with its data, to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from automl import disk
from automl.errors import SpecError, nearest

FOLDER: Final = Path(__file__).parent


def names() -> tuple[str, ...]:
    """The examples there are."""
    return tuple(sorted(path.parent.name.replace("_", "-") for path in FOLDER.glob("*/spec.toml")))


def write(name: str, folder: Path) -> Path:
    """Copy the example `name` into `folder` and return its spec; nothing that is there is overwritten."""
    if name not in names():
        close = nearest(name, names())
        raise SpecError(
            f"no example '{name}'", hint=f"did you mean '{close}'?" if close else f"known: {', '.join(names())}"
        )
    files = sorted(path for path in (FOLDER / name.replace("-", "_")).iterdir() if path.is_file())
    taken = [file.name for file in files if (folder / file.name).exists()]
    if taken:
        raise SpecError(f"there is already a {taken[0]}", where=str(folder), hint="name a new folder")
    with disk.machine_errors(folder):
        disk.make_folder(folder)
        for file in files:
            disk.copy(file, folder / file.name)
    return folder / "spec.toml"
