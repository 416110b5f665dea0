"""Recipes: spec fragments shipped with the package, each on top of the one it extends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from automl.errors import SpecError, nearest
from automl.spec.layers import Layer, read_layer

FOLDER: Final = Path(__file__).parents[1] / "recipes"  # in a wheel
DEFAULT: Final = "balanced"


def folder() -> Path:
    """Where the recipes lie: in the installed package, or at the top of the source tree."""
    return FOLDER if FOLDER.is_dir() else FOLDER.parents[1] / "recipes"


def names() -> tuple[str, ...]:
    """The recipes there are."""
    return tuple(sorted(path.stem for path in folder().glob("*.toml")))


def text(name: str) -> str:
    """The file of a recipe as it is written."""
    return (folder() / f"{name}.toml").read_text(encoding="utf-8")


def purpose(name: str) -> str:
    """For whom a recipe is: the first sentence of its opening comment."""
    opening = " ".join(line.removeprefix("#").strip() for line in text(name).split("\n\n", maxsplit=1)[0].splitlines())
    return opening.removeprefix("For whom: ").partition(". ")[0] + "."


def chain(name: str, *, where: str) -> list[Layer]:
    """The layers of the recipe `name`, the one that all others extend first; SpecError at `where` if unknown."""
    return list(_chain(name, where, ()))[::-1]


def _chain(name: str, where: str, above: tuple[str, ...]) -> Iterator[Layer]:
    if name not in names() or name in above:
        close = nearest(name, names())
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(names())}"
        raise SpecError(f"no recipe '{name}'", where=where, hint=hint)
    layer = read_layer(folder() / f"{name}.toml")
    base = layer.values.get("extends")
    yield layer.without("extends")
    if base is not None:
        yield from _chain(str(base), f"{layer.name} extends", (*above, name))
