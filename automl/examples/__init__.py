"""Examples shipped in the package: a spec with its data, to start from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from automl.errors import MachineError, SpecError, nearest

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise MachineError(f"the example cannot be written: {error.strerror}", where=str(folder)) from None
    return folder / "spec.toml"
