"""`automl predict`: score files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from automl.cli.options import BUNDLE, FILE, key_option
from automl.cli.stopping import stopping

if TYPE_CHECKING:
    from automl.deploy.scoring import Options
    from automl.progress import Event

JOINING = {"join", "status", "workers", "resume", "key"}  # the rest is frozen in the manifest
SHARED = {"workers", "resume", "store", "status"}  # no part of a manifest


@click.command("predict")
@click.argument("bundle", type=BUNDLE, required=False)
@click.argument("data", type=FILE, required=False)
@click.option("-o", "--out", type=FILE, metavar="OUT", help="The .csv or .parquet to write, s3:// too.")
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that score.")
@click.option("--resume", is_flag=True, help="Go on where a run into OUT was stopped, killed, or failed.")
@click.option("--missing", type=click.Choice(["refuse", "empty"]), default="refuse", help="Columns that DATA lacks.")
@click.option("--extra", type=click.Choice(["ignore", "refuse"]), default="ignore", help="Columns that nothing reads.")
@click.option(
    "--unread", type=click.Choice(["refuse", "empty"]), default="refuse", help="Columns of which no cell can be read."
)
@key_option
@click.option("--log", "store", metavar="STORE", help="Write rows and answers to this store too: a file, or env:NAME.")
@click.option("--excel-safe", is_flag=True, help="Write text such as =1+1 with a quote in front.")
@click.option("--manifest", type=FILE, metavar="DIR", help="Score nothing yet: cut the work into chunks to --join.")
@click.option("--chunk-rows", type=click.IntRange(50), metavar="N", help="Rows of a chunk; about 500,000.")
@click.option("--join", type=FILE, metavar="DIR", help="Score chunks of this manifest, with whoever else has joined.")
@click.option("--status", is_flag=True, help="With --join: say how far it is, and score nothing.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    bundle: Path | None,
    data: Path | None,
    out: Path | None,
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
    manifest: Path | None,
    chunk_rows: int | None,
    join: Path | None,
    status: bool,
) -> None:
    """Score the rows of DATA (a file, a folder or a glob) with BUNDLE."""
    if join is not None:
        _refuse(ctx, "--join", {param.name or "" for param in ctx.command.params} - JOINING)
        _join(join, workers=workers, again=resume, key=key, status=status)
        return
    for name, value in (("BUNDLE", bundle), ("DATA", data)):
        if value is None:
            raise click.UsageError(f"Missing argument '{name}'.")
    assert bundle is not None  # noqa: S101  # said above
    assert data is not None  # noqa: S101  # as above
    from automl.bundle.table_files import named
    from automl.deploy.scoring import Options

    options = Options(
        missing=missing, extra=extra, unread=unread, excel_safe=excel_safe, workers=workers, resume=resume
    )
    read = named(tables)
    if manifest is not None:
        _refuse(ctx, "--manifest", SHARED)
        from automl.deploy.distributed.plan import ROWS, plan

        with stopping("automl predict", again="no manifest was written: run it again"):
            found = plan(
                bundle,
                data,
                manifest,
                out,
                costs=costs,
                tables=read,
                options=options,
                rows=chunk_rows or ROWS,
                listener=_tell,
                require_signature=key,
            )
        click.echo(f"{len(found.chunks):,} chunks wait in {manifest}: automl predict --join {manifest}", err=True)
        return
    _refuse(ctx, "one run", {"chunk_rows", "status"})
    if out is None:
        raise click.UsageError("Missing option '-o' / '--out'.")
    _predict(bundle, data, out, costs=costs, tables=read, options=options, key=key, store=store)


def _predict(
    bundle: Path,
    data: Path,
    out: Path,
    *,
    costs: Path | None,
    tables: dict[str, Path],
    options: Options,
    key: Path | None,
    store: str | None,
) -> None:
    from automl.data.read.remote.spool import known_as
    from automl.deploy import batch

    with stopping("automl predict"):
        rows = batch.predict(
            bundle, data, out, costs=costs, tables=tables, options=options, listener=_tell, require_signature=key
        )
        click.echo(f"scored {rows:,} rows into {known_as(out)}", err=True)
        if store is not None:
            from automl.deploy.record import record

            new = record(bundle, data, out, store, costs=costs, options=options)
            click.echo(f"wrote {new:,} rows to {store}; {rows - new:,} stood there already", err=True)


def _join(folder: Path, *, workers: int, again: bool, key: Path | None, status: bool) -> None:
    if status:
        from automl.deploy.distributed.status import status as how_far

        click.echo(str(how_far(folder)))
        return
    from automl.deploy.distributed.crew import crew
    from automl.deploy.distributed.join import join

    with (
        stopping("automl predict", again="join again at any time: what is scored stays scored"),
        crew(folder, workers - 1, key),
    ):
        ended = join(folder, again=again, listener=_tell, require_signature=key)
    whole = ended.complete
    click.echo(f"scored {ended.chunks:,} chunks here; {whole.out} is whole: {whole.rows:,} rows", err=True)


def _refuse(ctx: click.Context, mode: str, names: set[str]) -> None:
    """Refuse options and arguments that were given and mean nothing here."""
    from automl.errors import SpecError

    for param in ctx.command.params:
        if param.name in names and ctx.get_parameter_source(param.name) is click.core.ParameterSource.COMMANDLINE:
            given = param.opts[-1] if isinstance(param, click.Option) else param.human_readable_name
            hint = "A manifest holds them already: give them with --manifest." if mode == "--join" else None
            raise SpecError(f"{mode} takes no {given}", where="automl predict", hint=hint)


def _tell(event: Event) -> None:
    """What went other than planned; the rest is told at the end."""
    if "warning" in event.facts:
        click.echo(f"warning: {event.text}", err=True)
