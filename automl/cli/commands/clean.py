"""`automl clean`: remove a run folder."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import FILE


@click.command("clean")
@click.argument("run", type=FILE, metavar="RUN")
def command(run: Path) -> None:
    """Remove a run folder."""
    from automl.search import rundir

    freed = rundir.clean(run)
    click.echo(f"removed {run}, {freed / 1e6:,.1f} MB", err=True)
