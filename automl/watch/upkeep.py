"""What must not stay and what need not: rows of a person, rows beyond their time, and crumbs of busy days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
import sqlalchemy as sa

from automl.watch import blocks
from automl.watch.keys import digests, hashed
from automl.watch.schema import ALARMS, BATCHES, LABELS, LOOKS, MERGED
from automl.watch.settings import read_settings
from automl.watch.store import Store, now

SMALL: Final = 4_096  # rows of a batch that is put together with others
LARGE: Final = 65_536  # rows of what they become
SETTLED: Final = 86_400 * 1_000_000  # microseconds after which nobody writes a batch once more


def forget(store: Store, key: str) -> tuple[int, int]:
    """Take all predictions and labels of a key out of the store, for good; how many there were of each."""
    with store.writing() as connection:
        salt = read_settings(connection).salt
        spelt = key if salt is None else hashed([key], salt)[0]
        short = digests([spelt])
        rows = 0
        query = sa.select(BATCHES.c.number, BATCHES.c.digests)
        holders = [
            number
            for number, known in connection.execute(query)
            if np.isin(short, np.frombuffer(known, dtype="<u8")).any()
        ]
        for number in holders:
            content = connection.execute(sa.select(BATCHES.c.content).where(BATCHES.c.number == number)).scalar_one()
            rows += _without(connection, number, blocks.unpack(content), spelt)
        labels = connection.execute(sa.delete(LABELS).where(LABELS.c.key == spelt)).rowcount
    _scrub(store)
    return rows, labels


def prune(store: Store, keep: float | None = None) -> dict[str, int]:
    """Take out what is older than `keep` seconds (else the store's own), and put small batches together.

    Labels, looks and alarms go with the time of the rows. Returns how many of each went, and of batches put together.
    """
    with store.writing() as connection:
        kept = read_settings(connection).keep if keep is None else keep
        before = now() - int(kept * 1e6)
        gone = {"rows": _rows_before(connection, before)}
        olds = (("labels", LABELS, LABELS.c.known), ("looks", LOOKS, LOOKS.c.last), ("alarms", ALARMS, ALARMS.c.raised))
        for name, table, time in olds:
            gone[name] = connection.execute(sa.delete(table).where(time < before)).rowcount
        connection.execute(sa.delete(MERGED).where(MERGED.c.last < before))
    return gone | {"merged": merge(store)}


def merge(store: Store, *, settled: int = SETTLED) -> int:
    """Put small batches that were written so many microseconds ago together, by bundle and in order; how many."""
    merged = 0
    with store.writing() as connection:
        crumbs = sa.select(BATCHES.c.number, BATCHES.c.bundle, BATCHES.c.rows).where(
            BATCHES.c.rows < SMALL, BATCHES.c.added < now() - settled
        )
        groups: dict[str, list[int]] = {}
        sizes: dict[str, int] = {}
        ready = []
        for number, bundle, rows in connection.execute(crumbs.order_by(BATCHES.c.number)):
            groups.setdefault(bundle, []).append(number)
            sizes[bundle] = sizes.get(bundle, 0) + rows
            if sizes[bundle] >= LARGE:
                ready.append(groups.pop(bundle))
                sizes.pop(bundle)
        for numbers in [*ready, *groups.values()]:
            if len(numbers) > 1:
                _merge(connection, numbers)
                merged += len(numbers)
    return merged


def _without(connection: sa.Connection, number: int, frame: pl.DataFrame, key: str | None) -> int:
    """Write a batch again without the rows of a key; how many those were."""
    left = frame.filter(pl.col(blocks.KEY).ne_missing(pl.lit(key)))
    if left.height < frame.height:
        _rewrite(connection, number, left)
    return frame.height - left.height


def _rewrite(connection: sa.Connection, number: int, left: pl.DataFrame) -> None:
    """A batch with the rows that are left; its id stays known, so that it is not written again."""
    here = BATCHES.c.number == number
    if left.height:
        connection.execute(sa.update(BATCHES).where(here).values(**blocks.entry(left)))
        return
    _remember(connection, [number])
    connection.execute(sa.delete(BATCHES).where(here))


def _remember(connection: sa.Connection, numbers: Sequence[int]) -> None:
    ids = sa.select(BATCHES.c.id, BATCHES.c.last).where(BATCHES.c.number.in_(numbers))
    connection.execute(sa.insert(MERGED).from_select(["id", "last"], ids))


def _rows_before(connection: sa.Connection, before: int) -> int:
    old = BATCHES.c.last < before
    rows = connection.execute(sa.select(sa.func.sum(BATCHES.c.rows)).where(old)).scalar() or 0
    connection.execute(sa.delete(BATCHES).where(old))
    partly = sa.select(BATCHES.c.number, BATCHES.c.content).where(BATCHES.c.first < before)
    for number, content in connection.execute(partly).all():
        frame = blocks.unpack(content)
        left = frame.filter(pl.col(blocks.TIME) >= before)
        rows += frame.height - left.height
        _rewrite(connection, number, left)
    return int(rows)


def _merge(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """One batch in place of several, under the id of the first; the ids of the others stay known."""
    first, *others = numbers
    query = sa.select(BATCHES.c.content).where(BATCHES.c.number.in_(numbers)).order_by(BATCHES.c.number)
    whole = blocks.stacked([blocks.unpack(content) for (content,) in connection.execute(query)])
    _remember(connection, others)
    connection.execute(sa.delete(BATCHES).where(BATCHES.c.number.in_(others)))
    connection.execute(sa.update(BATCHES).where(BATCHES.c.number == first).values(**blocks.entry(whole)))


def _scrub(store: Store) -> None:
    """Let nothing of what was deleted stay in the log of SQLite, which a checkpoint writes over."""
    if store.postgres:
        return
    with store.told(), store.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
