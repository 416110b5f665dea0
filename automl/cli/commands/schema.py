"""`automl schema`: the JSON Schema of the spec, or of what a command says with `--json`."""

from __future__ import annotations

import click

from automl.cli.completion import among, document_names
from automl.cli.options import put


@click.command("schema")
@click.argument("words", nargs=-1, metavar="[COMMAND]", shell_complete=among(document_names))
def command(words: tuple[str, ...]) -> None:
    """Print the JSON Schema of the spec, for editors; or of the document that COMMAND prints with --json."""
    if words:
        from automl.cli.documents import schema_of

        put(schema_of("-".join(words)))
    else:
        from automl.spec.schema import json_schema

        put(json_schema())
