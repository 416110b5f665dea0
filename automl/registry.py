"""Plugins are values found by folder: a module in `learners/` defines one `Learner`, and that is all."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from automl.errors import SpecError, nearest

P = TypeVar("P")


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
        """Every plugin by name, in the order of module names."""
        folder = importlib.import_module(self.package)
        names = [m.name for m in pkgutil.iter_modules(folder.__path__) if m.name != "base" and m.name[0] != "_"]
        modules = [importlib.import_module(f"{self.package}.{name}") for name in names]
        modules += [entry.load() for entry in importlib.metadata.entry_points(group=self.package)]
        found = [value for module in modules for value in vars(module).values() if isinstance(value, self.kind)]
        return {plugin.name: plugin for plugin in found}  # type: ignore[attr-defined]  # every kind has a name

    def get(self, name: str) -> P:
        """The plugin called `name`; a wrong name is answered with the nearest right one."""
        if name in self.all:
            return self.all[name]
        close = nearest(name, self.all)
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(self.all)}"
        message = f"no {self.noun} '{name}'"
        raise SpecError(message, hint=hint)
