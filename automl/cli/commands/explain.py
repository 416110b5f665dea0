"""`automl explain`: why rows are decided as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from automl.cli.options import BUNDLE, FILE, json_option, key_option, put
from automl.cli.stopping import stopping

if TYPE_CHECKING:
    from automl.progress import Event


@click.command("explain")
@click.argument("bundle", type=BUNDLE)
@click.argument("data", type=FILE)
@click.option("--row", type=click.IntRange(1), default=1, metavar="N", help="The row to explain, counted from 1 on.")
@click.option("--all", "every", is_flag=True, help="Explain every row.")
@click.option(
    "-o", "--out", type=FILE, metavar="OUT", help="The .csv or .parquet (reason codes) or .json file to write."
)
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option("--seconds", type=click.FloatRange(0, 3600), default=5.0, help="The most that one row may take.")
@click.option(
    "--unread", type=click.Choice(["refuse", "empty"]), default="refuse", help="Columns of which no cell can be read."
)
@key_option
@json_option
def command(
    *,
    bundle: Path,
    data: Path,
    row: int,
    every: bool,
    out: Path | None,
    costs: Path | None,
    tables: tuple[str, ...],
    seconds: float,
    unread: Literal["refuse", "empty"],
    key: Path | None,
    as_json: bool,
) -> None:
    """Tell why a row of DATA is decided as it is, and what would change it."""
    from automl.bundle.table_files import named
    from automl.deploy import explain

    if out is not None:
        explain.check_explained(out, [bundle, data])
    with stopping("automl explain"):
        found = explain.explain(
            bundle,
            data,
            row=None if every else row,
            costs=costs,
            tables=named(tables),
            unread=unread,
            seconds=seconds,
            require_signature=key,
            listener=_tell,
        )
    if out is not None:
        explain.write_explained(found, out)
        click.echo(f"explained {len(found.each):,} rows into {out}", err=True)
    else:
        put((found.as_json() if every else found.as_json()[0]) if as_json else found.story())


def _tell(event: Event) -> None:
    """What went other than planned."""
    if "warning" in event.facts:
        click.echo(f"warning: {event.text}", err=True)
