"""Where plugins may stand: the modules of a folder, and those that installed packages name by entry points."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

from automl.errors import MachineError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def module_names(folder: list[str]) -> list[str]:
    """The modules of a package's path that may hold a plugin, in the order of their names."""
    files = (name for place in folder for name in os.listdir(place) if name.endswith(".py"))  # noqa: PTH208  # as below
    names = (name.removesuffix(".py") for name in files)
    return sorted(name for name in names if name != "base" and name[0] != "_")


def entries(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of third parties in a group, by name.

    `importlib.metadata` is imported, which takes 25 ms, only where an installed package names the group.
    """
    if not any(f"[{group}]" in text for text in _declared()):
        return ()
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)))


def load(entry: EntryPoint) -> ModuleType:
    """The module of an entry point. One that cannot be imported is named with its reason."""
    try:
        return importlib.import_module(entry.module)
    except Exception as error:
        raise MachineError(
            f"the plugin '{entry.name}' cannot be imported: {type(error).__name__}: {error}",
            where=f"{entry.group} ({entry.value})",
            hint="Mend or uninstall the package that brings it.",
        ) from error


def _declared() -> Iterator[str]:
    """What each installed package says of its entry points. Packages inside a zip are not looked at.

    `--help` waits for this: some hundred small files, by plain calls of the system, read once while a place stays.
    """
    for place in dict.fromkeys(map(os.path.abspath, sys.path)):
        with contextlib.suppress(OSError):  # a place on the path need not exist
            yield from _said(place, os.stat(place).st_mtime_ns)  # noqa: PTH116  # as below


@lru_cache
def _said(place: str, changed: int) -> tuple[str, ...]:
    """What packages installed at a place say of their entry points, which stands until the place has `changed`."""
    del changed
    names = os.listdir(place)  # noqa: PTH208  # a path object for each takes as long as reading it
    texts = (_content(f"{place}/{name}/entry_points.txt") for name in names if name.endswith("-info"))
    return tuple(text.decode("utf-8", "replace") for text in texts if text)


def _content(path: str) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:  # most packages have none
        return b""
    try:
        return os.read(file, os.fstat(file).st_size)
    finally:
        os.close(file)
