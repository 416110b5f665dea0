"""`automl monitor`: is a model at work still worth its money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from automl.cli.options import BUNDLE, FILE, json_option, key_option, put
from automl.cli.stopping import stopping

if TYPE_CHECKING:
    from automl.progress import Event


@click.command("monitor")
@click.argument("bundle", type=BUNDLE)
@click.argument("data", type=FILE)
@click.option("--labels", type=FILE, metavar="FILE", help="The labels that came: the key columns and the target.")
@click.option("--since", metavar="DATE", help="Leave out earlier rows.")
@click.option("--window", metavar="TIME", help="How far back a look reaches, such as 7d; without it, the spec's.")
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option("--html", type=FILE, metavar="OUT", help="The page to write.")
@click.option("--state", type=FILE, metavar="FILE", help="What is remembered from one run to the next.")
@key_option
@json_option
def command(
    *,
    bundle: Path,
    data: Path,
    labels: Path | None,
    since: str | None,
    window: str | None,
    costs: Path | None,
    tables: tuple[str, ...],
    html: Path | None,
    state: Path | None,
    key: Path | None,
    as_json: bool,
) -> int:
    """Look whether the rows of DATA are still what BUNDLE knows, and whether it still saves what it promised.

    Exit code 0: nothing to do; 10: have a look; 11: act.
    """
    from automl.bundle.table_files import named
    from automl.pipeline.watch_files import watch
    from automl.report import watched
    from automl.report.page import check_page, write_page

    if html is not None:
        check_page(html, inputs=[bundle, data])
    with stopping("automl monitor"):
        found = watch(
            bundle,
            data,
            labels=labels,
            since=since,
            window=window,
            costs=costs,
            tables=named(tables),
            state=state,
            require_signature=key,
            listener=_tell,
        )
        if html is not None:
            write_page(watched.watched_page(found), html)
            click.echo(f"wrote {html}", err=True)
    put(watched.as_json(found) if as_json else watched.render_watched(found))
    return int(found.status)


def _tell(event: Event) -> None:
    """What went other than planned."""
    if "warning" in event.facts:
        click.echo(f"warning: {event.text}", err=True)
