"""`automl rollback`: the champion before this one answers again."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, json_option, put, why_option


@click.command("rollback")
@click.argument("model", type=FILE, shell_complete=bundles)
@why_option
@json_option
def command(model: Path, why: str, as_json: bool) -> None:
    """Let the champion of MODEL before this one answer again; a canary ends."""
    from automl.model_registry.change import Note
    from automl.model_registry.promote import rollback
    from automl.report.registered import as_json as documented
    from automl.report.registered import state_text

    state = rollback(model, note=Note(why=why))
    put(documented(state) if as_json else state_text(state))
