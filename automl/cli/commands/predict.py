"""`automl predict`: score a file."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import FILE


@click.command("predict")
@click.argument("bundle", type=FILE)
@click.argument("data", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, metavar="OUT", help="The .csv or .parquet file to write.")
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
def command(bundle: Path, data: Path, out: Path, costs: Path | None, tables: tuple[str, ...]) -> None:
    """Score the rows of DATA with BUNDLE."""
    from automl.bundle.tables import named
    from automl.deploy import batch

    rows = batch.predict(bundle, data, out, costs=costs, tables=named(tables))
    click.echo(f"scored {rows:,} rows into {out}", err=True)
