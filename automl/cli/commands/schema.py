"""`automl schema`: the JSON Schema of the spec."""

from __future__ import annotations

import click

from automl.cli.options import put


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the spec, for editors."""
    from automl.spec.schema import json_schema

    put(json_schema())
