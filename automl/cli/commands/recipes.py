"""`automl recipes`: what a spec can build on."""

from __future__ import annotations

import click

from automl.cli.completion import among, recipe_names
from automl.cli.options import json_option, put


@click.group("recipes", invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the recipes, and for whom each is."""
    if context.invoked_subcommand is None:
        from automl.spec import recipes

        found = {name: recipes.purpose(name) for name in recipes.names()}
        width = max(map(len, found))
        put(found if as_json else "\n".join(f"{name:{width}}  {purpose}" for name, purpose in found.items()))


@command.command("show")
@click.argument("name", shell_complete=among(recipe_names))
def show(name: str) -> None:
    """Print a recipe as it is written."""
    from automl.spec import recipes

    recipes.chain(name, where="recipes show")
    put(recipes.text(name))
