"""`automl watch`: the store of what models answered and what became of it, and looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, bundle_path, json_option, key_option, put

if TYPE_CHECKING:
    from automl.watch.look import Outcome
    from automl.watch.store import Store

STORE = click.argument("store")


@click.group("watch")
def command() -> None:
    """Keep what models answer, and look whether they still earn their money.

    STORE is an SQLite file, or env:NAME of an environment variable with the address of a PostgreSQL database.
    """


@command.command("init")
@STORE
@click.option("--keep", metavar="TIME", help="How long rows are kept: 180d, say.")
@click.option("--columns", metavar="A,B,...", help="The columns to keep, instead of those that the bundle reads.")
@click.option("--hash-keys", is_flag=True, help="Keep keys as hashes with a secret of the store.")
def init(store: str, keep: str | None, columns: str | None, hash_keys: bool) -> None:
    """Make STORE, or change what is kept in it."""
    from automl.watch.settings import change_settings

    named = None if columns is None else [name.strip() for name in columns.split(",") if name.strip()]
    with _opened(store, create=True) as opened:
        told = change_settings(opened, keep=keep, columns=named, hash_keys=hash_keys).told()
    kept = "those that the bundle reads" if named is None else ", ".join(named)
    click.echo(f"{store} keeps rows for {told['keep']}; columns: {kept}; keys hashed: {told['hash_keys']}", err=True)


@command.command("labels")
@STORE
@click.argument("file", type=FILE)
@click.option("--known", metavar="COLUMN", help="The column that says when each label became known.  [default: now]")
@json_option
def labels(store: str, file: Path, known: str | None, as_json: bool) -> None:
    """Take the labels of FILE, which has the key columns and the target."""
    from automl.watch.label_rows import labels_of_file
    from automl.watch.labels import add_labels, home

    with _opened(store) as opened:
        taken = add_labels(opened, labels_of_file(home(opened), file, known))
    for note in taken.notes():
        click.echo(f"note: {note}", err=True)
    if as_json:
        put({**taken.counts(), "notes": taken.notes()})
    else:
        put(f"{taken.new:,} new labels, {taken.changed:,} changed, {taken.again:,} stood there already")


@command.command("forget")
@STORE
@click.argument("key", nargs=-1, required=True)
def forget(store: str, key: tuple[str, ...]) -> None:
    """Take all rows and labels of KEY out of STORE, for good; several columns make one key, in their order."""
    from automl.errors import SpecError
    from automl.watch.keys import key_text
    from automl.watch.upkeep import forget as forgotten

    text = key_text(key)
    if text is None:
        raise SpecError("a key has text in each of its columns", where="KEY")
    with _opened(store) as opened:
        rows, taken = forgotten(opened, text)
    put(f"forgot {rows:,} rows and {taken:,} labels")


@command.command("prune")
@STORE
@click.option("--keep", metavar="TIME", help="How long rows are kept, instead of what the store says.")
def prune(store: str, keep: str | None) -> None:
    """Take out what is older than the store keeps, and put small batches together."""
    from automl.errors import SpecError
    from automl.spec.units import read_duration
    from automl.watch.upkeep import prune as pruned

    try:
        seconds = None if keep is None else read_duration(keep)
    except ValueError as error:
        raise SpecError(str(error), where="--keep") from None
    with _opened(store) as opened:
        gone = pruned(opened, seconds)
    put(", ".join(f"{count:,} {what}" for what, count in gone.items()))


@command.command("show")
@STORE
def show(store: str) -> None:
    """Say what is in STORE, as JSON: models, rows, labels, looks, the latest alarms."""
    from automl.watch.show import show as shown

    with _opened(store) as opened:
        put(shown(opened))


@command.command("look")
@STORE
@click.argument("bundle", type=FILE, shell_complete=bundles)
@click.option("--since", metavar="DATE", help="Leave out earlier rows.")
@click.option("--window", metavar="TIME", help="How far back a look reaches, instead of the spec's: 7d, say.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the model reads.")
@click.option("--every", metavar="TIME", help="Look again and again, and prune STORE: 1d, say.")
@click.option("--html", type=FILE, metavar="OUT", help="The page to write, with the earlier looks.")
@key_option
@json_option
def look(
    *,
    store: str,
    bundle: Path,
    since: str | None,
    window: str | None,
    tables: tuple[str, ...],
    every: str | None,
    html: Path | None,
    key: Path | None,
    as_json: bool,
) -> int:
    """Look at what BUNDLE answered since the last look. Exit 0: nothing to do, 10: look closer, 11: act."""
    from automl.bundle.table_files import named
    from automl.monitor.run import moment_of
    from automl.report.page import check_page
    from automl.watch.watcher import keep_looking, look_at

    if html is not None:
        check_page(html, inputs=[bundle, Path(store)])

    def one_look() -> Outcome:
        return look_at(
            store,
            bundle_path(bundle),  # of a registry the champion at each look
            window=window,
            since=None if since is None else moment_of(since),
            tables=named(tables),
            require_signature=key,
            tidy=every is not None,
        )

    tell = partial(_tell, html=html, as_json=as_json)
    if every is None:
        outcome = one_look()
        tell(outcome)
        return int(outcome.status)
    keep_looking(one_look, every, tell=tell, complain=lambda what: click.echo(what, err=True))
    return 0


def _tell(outcome: Outcome, *, html: Path | None, as_json: bool) -> None:
    """What a look found; a page only of a look, so that one of an earlier look stays where none was due."""
    if html is not None and outcome.watched is not None and outcome.looks:
        from automl.report.page import write_page
        from automl.report.watched import watched_page

        write_page(watched_page(outcome.watched), html)
        click.echo(f"wrote {html}", err=True)
    for note in outcome.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        put({"status": int(outcome.status), "notes": outcome.notes, "looks": outcome.looks})
        return
    for each in outcome.looks:
        put(f"look {each['number']} at {each['rows']:,} rows until {each['end']}: {each['says']}")
        for found in each["findings"]:
            put(f"  {found['severity']}: {found['sentence']}")


@contextmanager
def _opened(where: str, *, create: bool = False) -> Iterator[Store]:
    from automl.watch.store import open_store

    store = open_store(where, create=create)
    try:
        yield store
    finally:
        store.close()
