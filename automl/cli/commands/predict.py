"""`automl predict`: score files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from automl.cli.options import BUNDLE, FILE, key_option
from automl.cli.stopping import stopping

if TYPE_CHECKING:
    from automl.progress import Event


@click.command("predict")
@click.argument("bundle", type=BUNDLE)
@click.argument("data", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, metavar="OUT", help="The .csv or .parquet to write, s3:// too.")
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that score.")
@click.option("--resume", is_flag=True, help="Go on where a run into OUT was stopped or killed.")
@click.option("--missing", type=click.Choice(["refuse", "empty"]), default="refuse", help="Columns that DATA lacks.")
@click.option("--extra", type=click.Choice(["ignore", "refuse"]), default="ignore", help="Columns that nothing reads.")
@click.option(
    "--unread", type=click.Choice(["refuse", "empty"]), default="refuse", help="Columns of which no cell can be read."
)
@key_option
@click.option("--log", "store", metavar="STORE", help="Write rows and answers to this store too: a file, or env:NAME.")
@click.option("--excel-safe", is_flag=True, help="Write text such as =1+1 with a quote in front.")
def command(
    *,
    bundle: Path,
    data: Path,
    out: Path,
    costs: Path | None,
    tables: tuple[str, ...],
    workers: int,
    resume: bool,
    missing: Literal["refuse", "empty"],
    extra: Literal["ignore", "refuse"],
    unread: Literal["refuse", "empty"],
    key: Path | None,
    store: str | None,
    excel_safe: bool,
) -> None:
    """Score the rows of DATA (a file, a folder or a glob) with BUNDLE."""
    from automl.bundle.tables import named
    from automl.data.read.remote.spool import known_as
    from automl.deploy import batch

    options = batch.Options(
        missing=missing, extra=extra, unread=unread, excel_safe=excel_safe, workers=workers, resume=resume
    )
    with stopping("automl predict"):
        rows = batch.predict(
            bundle,
            data,
            out,
            costs=costs,
            tables=named(tables),
            options=options,
            listener=_tell,
            require_signature=key,
        )
        click.echo(f"scored {rows:,} rows into {known_as(out)}", err=True)
        if store is not None:
            from automl.deploy.record import record

            new = record(bundle, data, out, store, costs=costs, options=options)
            click.echo(f"wrote {new:,} rows to {store}; {rows - new:,} stood there already", err=True)


def _tell(event: Event) -> None:
    """What went other than planned; the rest is told at the end."""
    if "warning" in event.facts:
        click.echo(f"warning: {event.text}", err=True)
