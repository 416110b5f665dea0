"""`automl example`: a spec with its data, to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import FILE, put


@click.command("example")
@click.argument("name")
@click.argument("folder", type=FILE, metavar="DIR")
def command(name: str, folder: Path) -> None:
    """Write an example (german-credit) with its data into DIR."""
    from automl import examples

    spec = examples.write(name, folder)
    put(f"wrote {spec}\nnext: automl fit {spec}")
