"""What several commands share: their options, the reading of a spec, and what goes to stdout."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from automl.cli.completion import among, bundles, key_names, recipe_names
from automl.errors import SpecError

if TYPE_CHECKING:
    from automl.spec import Spec

FILE: Final = click.Path(path_type=Path)


class BundlePath(click.Path):
    """The path of a bundle; ``models/NAME`` and ``models/NAME@VERSION`` are those that the registry has."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return bundle_path(Path(os.fsdecode(super().convert(value, param, ctx))))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return bundles(ctx, param, incomplete)


def bundle_path(path: Path) -> Path:
    """The bundle that a path means: of a registry its champion."""
    if "@" not in path.name and not (path / "current").is_file():  # what follows takes time to import
        return path
    from automl.model_registry.resolve import bundle_of

    return bundle_of(path)


BUNDLE: Final = BundlePath()
why_option = click.option("--why", default="", metavar="TEXT", help="The reason, for the history.")
recipe_option = click.option(
    "--recipe",
    metavar="NAME",
    shell_complete=among(recipe_names),
    help="The recipe to build on, instead of the spec's.",
)
set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=among(key_names),
    help="Overrule a key of the spec.",
)
key_option = click.option(
    "--require-signature",
    "key",
    type=FILE,
    metavar="PUBKEY",
    help="Refuse a bundle that the owner of this key did not sign.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Put one JSON document on stdout.")


def load_spec(spec: Path, recipe: str | None, overrides: Sequence[str]) -> Spec:
    """The spec of a file, refused if it names no data."""
    from automl.spec import load

    loaded = load(spec, recipe=recipe, overrides=overrides)
    if loaded.data.train is None:
        raise SpecError("is missing", where=f"{spec.name} data.train", hint="add train = ... under [data]")
    return loaded


def put(document: object) -> None:
    """Text as it is, anything else as JSON, on stdout."""
    if not isinstance(document, str):
        import json

        document = json.dumps(_finite(document), indent=2, allow_nan=False, default=str)
    click.echo(document.rstrip("\n"))


def _finite(value: object) -> object:
    """JSON knows no NaN and no infinity: they become null."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
