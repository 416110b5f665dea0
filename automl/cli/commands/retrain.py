"""`automl retrain`: challengers from new labelled rows, and the champion if one of them is better."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, json_option, key_option, put, set_option

LONG = 600.0  # seconds that the bar of progress takes for its whole, since nobody knows how far the ladder goes


@click.command("retrain")
@click.argument("bundle", type=FILE, shell_complete=bundles)
@click.option("--data", type=FILE, metavar="NEW", help="New rows with their target.")
@click.option("--store", metavar="STORE", help="The store of a watch, for the rows that were answered and labelled.")
@click.option("--since", metavar="DATE", help="Leave out earlier rows.")
@click.option("--window", metavar="TIME", help="How far back challengers learn: 180d, say; without it, the spec's.")
@click.option(
    "--rungs", metavar="A,B,...", help="The challengers to try: recalibrate, refresh, refit, search.  [default: all]"
)
@set_option
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option("-o", "--out", type=FILE, metavar="OUT", help="Where a better bundle goes; else NAME.next.bundle.")
@click.option("--accept-shift", is_flag=True, help="Believe labels that contradict the champion; it is written down.")
@click.option("--resume", is_flag=True, help="Go on with a retraining that was stopped.")
@click.option("--if-due", is_flag=True, help="Only where [retrain] every or on says that it is time; else exit 0.")
@click.option("--dry-run", is_flag=True, help="Say what it is expected to bring against its price, and stop.")
@key_option
@json_option
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    *,
    bundle: Path,
    data: Path | None,
    store: str | None,
    since: str | None,
    window: str | None,
    rungs: str | None,
    overrides: tuple[str, ...],
    tables: tuple[str, ...],
    out: Path | None,
    accept_shift: bool,
    resume: bool,
    if_due: bool,
    dry_run: bool,
    key: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Try challengers of BUNDLE, or of the champion of models/NAME, on new labelled rows; write one that saves more.

    Exit code 0: there is a better bundle; 9: the champion stays.
    """
    started = time.monotonic()
    from automl.bundle.table_files import named
    from automl.monitor.run import moment_of
    from automl.report import console, text
    from automl.retrain.retrain import Asked, rungs_of
    from automl.retrain.retrain import retrain as climb

    asked = Asked(
        since=None if since is None else moment_of(since),
        window=window,
        rungs=rungs_of(rungs),
        overrides=overrides,
        dry_run=dry_run,
        resume=resume,
        if_due=if_due,
        accept_shift=accept_shift,
    )
    place = out or bundle.with_name(bundle.name.removesuffix(".bundle") + ".next.bundle")
    with console.watching(sys.stderr, seconds=LONG, spent=lambda: time.monotonic() - started, quiet=quiet) as listener:
        done = climb(
            bundle,
            data,
            place,
            store=store,
            asked=asked,
            tables=named(tables),
            require_signature=key,
            listener=listener,
        )
    put(done.summary() if as_json else text.render_retrained(done.summary()))
    return done.exit_code
