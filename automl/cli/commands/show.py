"""`automl show`: what a bundle is, or how a run went."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import BUNDLE, json_option, key_option, put


@click.command("show")
@click.argument("path", type=BUNDLE, metavar="BUNDLE_OR_RUN")
@click.option("--board", is_flag=True, help="Show every trial, and what faster or smaller would lose.")
@key_option
@json_option
def command(path: Path, board: bool, key: Path | None, as_json: bool) -> None:
    """Tell what a bundle is, or how a run went."""
    from automl.report import text

    facts = text.describe(path, board=board, require_signature=key)
    put(facts if as_json else text.render_description(facts))
