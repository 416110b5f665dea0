"""`automl completion`: let the tab key know commands, options, bundles, recipes and keys."""

from __future__ import annotations

import click

from automl.cli.completion import SHELLS, script
from automl.cli.options import put


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print what teaches SHELL to complete commands, options, bundles, recipes and keys of the spec.

    In ~/.bashrc: eval "$(automl completion bash)"; in ~/.zshrc likewise; fish: automl completion fish | source.
    """
    put(script(context.find_root().command, shell))
