"""Labels into the store: later ones replace earlier ones, all are kept, and what is odd is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import polars as pl
import sqlalchemy as sa

from automl.errors import DataError
from automl.watch.keys import Digests, digests, hashed
from automl.watch.predictions import Model, models
from automl.watch.schema import BATCHES, LABELS
from automl.watch.settings import read_settings
from automl.watch.store import Store, now

SOON = 300 * 1_000_000  # microseconds by which two clocks may differ
AT_ONCE = 500  # keys that one statement asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels as they came, aligned: keys and values as text, None where empty; the microsecond each became known."""

    key: Sequence[str | None]
    value: Sequence[str | None]
    known: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of labels: `new` keys, those that `changed` one, and those that stood there `again`.

    Noted beside: `contradictory` ones (another value for the same key among those that came together: the latest
    holds), `unknown` keys (no prediction has them yet), those known only in the `future` (they wait until then), and
    those that are `empty`, without key or value, which are all that is left out.
    """

    new: int = 0
    changed: int = 0
    again: int = 0
    contradictory: int = 0
    unknown: int = 0
    future: int = 0
    empty: int = 0

    def counts(self) -> dict[str, int]:
        """All of them by name."""
        return asdict(self)

    def notes(self) -> list[str]:
        """What people should know, in sentences."""
        told = {
            "changed": "changed a label; the earlier one is kept as history",
            "contradictory": "contradict another one for the same key; the latest holds",
            "unknown": "have a key that no prediction in the store has; they wait for it",
            "future": "say that they are known only in the future; they count from then on",
            "empty": "have no key or no value and were left out",
        }
        counts = self.counts()
        return [f"{counts[name]:,} labels {sentence}" for name, sentence in told.items() if counts[name]]


def home(store: Store) -> Model:
    """Whose keys and target the store's labels are: the model that answered last. DataError where there was none."""
    with store.reading() as connection:
        known = models(connection)
    if not known:
        hint = "Log predictions first: `automl predict --log`, `automl serve --log`."
        raise DataError("no model has written to this store", where=store.where, hint=hint)
    return known[-1]


def add_labels(store: Store, labels: Labels) -> Taken:
    """Keep labels, each once, and say what became of them; the same again changes nothing."""
    at = now()
    with store.writing() as connection:
        given = _given(labels, read_settings(connection).salt)
        history = _history(connection, sorted({label.key for label in given}))
        counts = Counter(dict.fromkeys(("new", "changed", "again", "contradictory"), 0))
        written = []
        for key, group in groupby(given, key=attrgetter("key")):
            kept, told = _kept(list(group), history.get(key, []))
            counts.update(told)
            written += [{"key": key, "value": label.value, "known": label.known, "added": at} for label in kept]
        if written:
            connection.execute(sa.insert(LABELS), written)
        unknown = _unknown(connection, [label.key for label in given])
    future = sum(label.known > at + SOON for label in given)
    return Taken(**counts, unknown=unknown, future=future, empty=len(labels.key) - len(given))


class _Label(NamedTuple):
    key: str
    known: int
    value: str


def _given(labels: Labels, salt: bytes | None) -> list[_Label]:
    """Those with key and value, by key and time; of one time in the order in which they came."""
    keys = labels.key if salt is None else hashed(labels.key, salt)
    each = zip(keys, labels.known, labels.value, strict=True)
    found = [_Label(key, known, value) for key, known, value in each if key is not None and value is not None]
    return sorted(found, key=lambda label: label[:2])


def _kept(given: Sequence[_Label], history: Sequence[_Label]) -> tuple[list[_Label], Counter[str]]:
    """Which labels of a key are to be written where it has a history, and what became of them.

    Of labels of one moment the last one counts: where it is what holds already, all of them came again.
    """
    if history and given[0].known == given[-1].known and given[-1].value == history[-1].value:
        return [], Counter(again=len(given))
    past, told = list(history), Counter[str]()
    kept: list[_Label] = []
    for label in given:
        if label in history or (past and past[-1].value == label.value):
            told["again"] += 1
            continue
        told["contradictory" if kept else "changed" if history else "new"] += 1
        kept.append(label)
        past = sorted([*past, label], key=attrgetter("known"))
    return kept, told


def latest(connection: sa.Connection, at: int, among: pl.Series | None = None) -> pl.DataFrame:
    """The label of each key as it is known at a time: `key`, `value`, `known`, `labelled` (when the key first had one).

    The one that became known last holds, of several at once the one that came last. Only keys `among` those given are
    kept, where some are: a store may have labels of many more rows than are looked at.
    """
    wanted = None if among is None else pl.DataFrame({"key": among.unique()})
    query = sa.select(LABELS.c.key, LABELS.c.value, LABELS.c.known, LABELS.c.number).where(LABELS.c.known <= at)
    parts = []
    for part in connection.execution_options(yield_per=50_000).execute(query).partitions():
        frame = pl.DataFrame(list(map(tuple, part)), schema=_SCHEMA, orient="row")
        parts.append(frame if wanted is None else frame.join(wanted, on="key", how="semi", maintain_order="left"))
    whole = pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)
    whole = whole.sort("known", "number")
    return whole.group_by("key", maintain_order=True).agg(
        pl.col("value").last(), pl.col("known").last(), pl.col("known").first().alias("labelled")
    )


def known(connection: sa.Connection, keys: Sequence[str], at: int) -> dict[str, str]:
    """The label of each of these keys that has one at a time; the one that became known last holds."""
    salt = read_settings(connection).salt
    stored = dict(zip(keys if salt is None else hashed(keys, salt), keys, strict=True))
    found = _history(connection, [key for key in stored if key is not None])
    past = {stored[key]: [label.value for label in each if label.known <= at] for key, each in found.items()}
    return {key: values[-1] for key, values in past.items() if values}


_SCHEMA = {"key": pl.String, "value": pl.String, "known": pl.Int64, "number": pl.Int64}


def _history(connection: sa.Connection, keys: Sequence[str]) -> dict[str, list[_Label]]:
    """The labels of each of these keys that has some, in the order in which they became known."""
    found: dict[str, list[_Label]] = {}
    for first in range(0, len(keys), AT_ONCE):
        query = sa.select(LABELS.c.key, LABELS.c.known, LABELS.c.value)
        some = query.where(LABELS.c.key.in_(keys[first : first + AT_ONCE])).order_by(LABELS.c.known, LABELS.c.number)
        for row in connection.execute(some):
            found.setdefault(row.key, []).append(_Label(*row))
    return found


def _unknown(connection: sa.Connection, keys: Sequence[str]) -> int:
    """How many of the keys are in no batch, by their digests."""
    asked: Digests = np.unique(digests(keys))
    left = np.ones(len(asked), dtype=bool)
    with connection.execution_options(yield_per=256).execute(sa.select(BATCHES.c.digests)) as found:
        for (short,) in found:
            left &= ~np.isin(asked, np.frombuffer(short, dtype="<u8"))
            if not left.any():
                break
    return int(np.isin(digests(keys), asked[left]).sum())
