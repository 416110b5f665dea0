"""Plugins are values found by folder: a module in `learners/` defines one `Learner`, and that is all."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Generic, TypeVar

from automl.errors import MachineError, SpecError, nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

P = TypeVar("P")
LAST = 100  # the `order` of a plugin that says nothing of its place


@dataclass(frozen=True)
class Registry(Generic[P]):
    """The plugins of one kind: values of type `kind` (each with a `.name`) defined in the modules of `package`.

    The folder is imported on the first look-up, third parties' modules by the entry point group
    named as the package. Modules `base` and those with a leading underscore hold no plugin.
    """

    package: str
    kind: type[P]
    noun: str

    @cached_property
    def all(self) -> dict[str, P]:
        """Every plugin by name: by its `order` where the kind has one, then by module, third parties' last."""
        folder = importlib.import_module(self.package)
        modules = [importlib.import_module(f"{self.package}.{name}") for name in module_names(list(folder.__path__))]
        modules += [load(entry) for entry in entries(self.package)]
        found: dict[str, P] = {}
        for plugin in (value for module in modules for value in vars(module).values() if isinstance(value, self.kind)):
            name: str = plugin.name  # type: ignore[attr-defined]  # every kind has a name
            if found.setdefault(name, plugin) is not plugin:
                raise SpecError(
                    f"two plugins are the {self.noun} '{name}'",
                    where=self.package,
                    hint="Give one of them another name, or uninstall the package that brings it.",
                )
        return dict(sorted(found.items(), key=lambda item: getattr(item[1], "order", LAST)))

    def get(self, name: str, *, where: str | None = None) -> P:
        """The plugin called `name`; a wrong name is answered with the nearest right one, `where` says who names it."""
        if name in self.all:
            return self.all[name]
        close = nearest(name, self.all)
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(self.all)}"
        raise SpecError(f"no {self.noun} '{name}'", where=where, hint=hint)


def module_names(folder: list[str]) -> list[str]:
    """The modules of a package's path that may hold a plugin, in the order of their names."""
    return [module.name for module in pkgutil.iter_modules(folder) if module.name != "base" and module.name[0] != "_"]


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
    """What each installed package says of its entry points. Packages inside a zip are not looked at."""
    for place in dict.fromkeys(sys.path):
        with contextlib.suppress(OSError):  # a place on the path need not exist
            for name in os.listdir(place or "."):  # noqa: PTH208  # names alone: `--help` waits for this
                if name.endswith((".dist-info", ".egg-info")):
                    with contextlib.suppress(OSError):  # most packages have none
                        yield Path(place, name, "entry_points.txt").read_text(encoding="utf-8")
