"""`automl history`: what happened to a model."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, json_option, put


@click.command("history")
@click.argument("model", type=FILE, shell_complete=bundles)
@json_option
def command(model: Path, as_json: bool) -> None:
    """Tell which versions MODEL has, which of them answer, and who moved what, when and why."""
    from automl.model_registry.history import history
    from automl.model_registry.state import read_state
    from automl.report import registered

    state, events = read_state(model), history(model)
    put(registered.as_json(state, events) if as_json else registered.history_text(state, events))
