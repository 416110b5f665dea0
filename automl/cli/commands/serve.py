"""`automl serve`: answer over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, key_option
from automl.errors import SpecError


@click.command("serve")
@click.argument("bundle", type=FILE, shell_complete=bundles)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option(
    "--tables", "folder", type=FILE, metavar="FOLDER", help="A folder with such tables, each NAME.parquet, say."
)
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME", help="A name that requests may call the server by."
)
@click.option("--open", "open_to_all", is_flag=True, help="Answer anyone, without a token, on any address.")
@click.option("--open-health", is_flag=True, help="Answer /health without the token.")
@click.option("--max-body", default="8MB", show_default=True, metavar="SIZE", help="The largest body of a request.")
@click.option(
    "--max-rows", default=10_000, show_default=True, type=click.IntRange(1), help="The most rows in one request."
)
@click.option(
    "--max-cells",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(1),
    help="The most work in one request; a row with rows inside counts as 1,000 cells more.",
)
@click.option(
    "--explain-rows",
    default=10,
    show_default=True,
    type=click.IntRange(0),
    help="The most rows that one request may have explained.",
)
@click.option(
    "--explain-seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="How long explaining them may take.",
)
@click.option(
    "--concurrency", default=64, show_default=True, type=click.IntRange(1), help="Requests that one worker has at once."
)
@click.option("--per-client", type=click.IntRange(1), help="Requests that one address has at once in one worker.")
@click.option(
    "--extra",
    type=click.Choice(["ignore", "refuse"]),
    default="ignore",
    show_default=True,
    help="What is done with columns that the model does not know.",
)
@click.option(
    "--unread",
    type=click.Choice(["refuse", "empty"]),
    default="refuse",
    show_default=True,
    help="What is done with a request of whose columns one cannot be read at all.",
)
@key_option
@click.option("--log", "store", metavar="STORE", help="Write answers to this store: a file, or env:NAME of an address.")
@click.option(
    "--log-sample",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="The share of rows that is written.",
)
@click.option("--log-requests", is_flag=True, help="Log every request, not only those that fail.")
def command(  # one argument for each option
    bundle: Path,
    host: str,
    port: int,
    workers: int,
    tables: tuple[str, ...],
    folder: Path | None,
    hosts: tuple[str, ...],
    open_to_all: bool,
    open_health: bool,
    max_body: str,
    max_rows: int,
    max_cells: int,
    explain_rows: int,
    explain_seconds: float,
    concurrency: int,
    per_client: int | None,
    extra: str,
    unread: str,
    key: Path | None,
    store: str | None,
    log_sample: float,
    log_requests: bool,
) -> None:
    """Answer requests with BUNDLE over HTTP; of models/NAME the champion answers, and each promotion is followed.

    The token is read from the environment: AUTOML_TOKEN. SIGHUP reads the bundle again.
    """
    from automl.deploy.serve.settings import Settings, table_files
    from automl.deploy.serve.supervise import serve

    settings = Settings(
        host=host,
        port=port,
        workers=workers,
        tables=table_files(tables, folder),
        hosts=hosts,
        open_health=open_health,
        max_body=_size(max_body),
        max_rows=max_rows,
        max_cells=max_cells,
        explain_rows=explain_rows,
        explain_seconds=explain_seconds,
        concurrency=concurrency,
        per_client=per_client,
        extra="refuse" if extra == "refuse" else "ignore",
        unread="empty" if unread == "empty" else "refuse",
        log_requests=log_requests,
        key=str(key.absolute()) if key else None,
        log=store,
        log_sample=log_sample,
    )
    serve(bundle, settings, open_to_all=open_to_all, told=lambda address: click.echo(f"answers on {address}", err=True))


def _size(text: str) -> int:
    from automl.spec.units import read_size

    try:
        return read_size(text)
    except ValueError as error:
        raise SpecError(str(error), where="--max-body") from None
