"""`automl register`: a bundle becomes a version of a model."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import BUNDLE, FILE, json_option, key_option, put, why_option


@click.command("register")
@click.argument("bundle", type=BUNDLE)
@click.argument("model", type=FILE, shell_complete=bundles)
@why_option
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Remove older versions but the last N.")
@key_option
@json_option
def command(bundle: Path, model: Path, why: str, keep: int | None, key: Path | None, as_json: bool) -> None:
    """Let BUNDLE, once it passes `automl verify`, be a version of MODEL, a folder such as models/credit.

    It answers once it is promoted. With --require-signature the folder keeps the key: each version has to be signed,
    called as MODEL is, and have a higher serial number than those before. Champion, its parent and canary always stay.
    """
    from automl.model_registry.change import Note
    from automl.model_registry.prune import prune
    from automl.model_registry.register import register

    version = register(bundle, model, key=key, note=Note(why=why))
    pruned = [] if keep is None else prune(model, keep=keep)
    if as_json:
        put({"version": version, "pruned": pruned})
    else:
        put(f"registered {version} in {model}" + (f", removed {len(pruned):,} older" if pruned else ""))
