"""`automl watch`: the store of what models answered and what became of it, and looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automl.cli.options import BUNDLE, FILE, json_option, put

if TYPE_CHECKING:
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
@click.argument("bundle", type=BUNDLE)
@click.option("--window", metavar="TIME", help="How far back a look reaches, instead of the spec's: 7d, say.")
@click.option("--every", metavar="TIME", help="Look again and again, and prune STORE: 1d, say.")
@json_option
def look(store: str, bundle: Path, window: str | None, every: str | None, as_json: bool) -> int:
    """Look at what BUNDLE answered since the last look. Exit 0: nothing to do, 10: look closer, 11: act."""
    from automl.watch.look import Outcome

    def tell(outcome: Outcome) -> None:
        for note in outcome.notes:
            click.echo(f"note: {note}", err=True)
        if as_json:
            put({"status": int(outcome.status), "notes": outcome.notes, "looks": outcome.looks})
            return
        for each in outcome.looks:
            put(f"look {each['number']} at {each['rows']:,} rows until {each['end']}: {each['says']}")
            for found in each["findings"]:
                put(f"  {found['severity']}: {found['sentence']}")

    from automl.watch.watcher import keep_looking, look_at

    if every is None:
        outcome = look_at(store, bundle, window)
        tell(outcome)
        return int(outcome.status)
    keep_looking(store, bundle, window, every, tell=tell, complain=lambda what: click.echo(what, err=True))
    return 0


@contextmanager
def _opened(where: str, *, create: bool = False) -> Iterator[Store]:
    from automl.watch.store import open_store

    store = open_store(where, create=create)
    try:
        yield store
    finally:
        store.close()
