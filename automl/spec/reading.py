"""From TOML to a `Spec`: recipe, file and overrides in their order, checked, paths made absolute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from automl.addresses import address_of
from automl.spec import recipes
from automl.spec.expressions import cost_expressions, parse_expression
from automl.spec.layers import Layer, locate, merge, read_layer, read_override
from automl.spec.model import Origin, Spec
from automl.spec.problems import spec_error


def load(path: Path | str, *, recipe: str | None = None, overrides: Iterable[str] = ()) -> Spec:
    """The spec in the TOML file `path`, on top of `recipe` (else its own, else ``balanced``).

    `overrides` are ``key=value`` and win over the file. Relative paths are relative to the file.
    Raises SpecError with file, line and key of everything that is wrong.
    """
    path = Path(path)
    return _build(read_layer(path), recipe, overrides, base=path.parent, source=path)


def parse(
    mapping: Mapping[str, object],
    *,
    base: Path | None = None,
    recipe: str | None = None,
    overrides: Iterable[str] = (),
) -> Spec:
    """The same for values in the shape of the TOML. Relative paths are relative to `base` (the current folder)."""
    return _build(Layer(name="spec", values=mapping), recipe, overrides, base=base or Path(), source=None)


def _build(own: Layer, recipe: str | None, overrides: Iterable[str], *, base: Path, source: Path | None) -> Spec:
    asked = [Layer(name="--recipe", values={"recipe": {"name": recipe}})] if recipe else []
    above = [own, *asked, *map(read_override, overrides)]
    layers = [*_recipe(above), *above]
    given = merge(layers)
    _check(given, layers)
    written = {}
    for table, key in _path_keys(given):
        address = address_of(table[key])
        absolute = str(address or base.absolute() / Path(table[key]).expanduser())
        written[absolute] = table[key]
        table[key] = absolute
    return Spec.model_validate(given, context=Origin(source=source, written=written))


def _recipe(above: Sequence[Layer]) -> list[Layer]:
    section = merge(above).get("recipe")
    name = section.get("name") if isinstance(section, Mapping) else None
    if not isinstance(name, str):  # a name of another type is told with the other problems
        return recipes.chain(recipes.DEFAULT, where="recipe.name")
    return recipes.chain(name, where=locate(above, ("recipe", "name")))


def _check(given: Mapping[str, Any], layers: Sequence[Layer]) -> None:
    try:
        Spec.model_validate(given)
    except ValidationError as error:
        raise spec_error(error, Spec, layers) from None
    for path, text in cost_expressions(given["objective"].get("costs") or {}):
        parse_expression(text, where=locate(layers, path))


def _path_keys(given: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The tables that hold a path, with its key; what is no text there is a query."""
    data = given.get("data", {})
    costs = given["objective"].get("costs") or {}
    files = costs.get("table")
    places = [(data, "train"), (data, "test"), (costs, "table")]
    places += [(table, "path") for table in data.get("tables", {}).values()]
    places += [(files, part) for part in ("train", "test")] if isinstance(files, dict) else []
    return ((table, key) for table, key in places if isinstance(table.get(key), str))
