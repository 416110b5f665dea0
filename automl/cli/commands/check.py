"""`automl check`: what is wrong with a spec."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import FILE, json_option, load_spec, put, recipe_option, set_option


@click.command("check")
@click.argument("spec", type=FILE)
@click.option("--resolved", is_flag=True, help="Show the whole spec with the recipe and the defaults filled in.")
@json_option
@set_option
@recipe_option
def command(spec: Path, resolved: bool, as_json: bool, overrides: tuple[str, ...], recipe: str | None) -> None:
    """Read a spec and say what is wrong with it."""
    loaded = load_spec(spec, recipe, overrides)
    if as_json:
        put({"ok": True, "spec": loaded.resolved()})
    elif resolved:
        from automl.spec.writing import to_toml

        put(to_toml(loaded.resolved()))
    else:
        put(f"{spec}: the spec is right")
