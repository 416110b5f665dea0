"""Plugins are values found by folder: a module in `learners/` defines one `Learner`, and that is all."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from automl.errors import SpecError, nearest
from automl.plugin_modules import entries, load, module_names

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
