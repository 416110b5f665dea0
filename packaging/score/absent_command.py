"""Stands for a command that the scoring install leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from automl.errors import MachineError

NAME: Final = Path(__file__).stem


@click.command(
    NAME,
    hidden=True,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def command() -> None:
    """Say where it is."""
    raise MachineError(
        f"this is the scoring install: it has no `automl {NAME}`",
        hint="pip install automl, into another environment.",
    )
