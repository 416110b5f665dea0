"""Answered rows into the store and out of it: a batch is written whole or not at all, and once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from automl.data.read.frames import renamed
from automl.errors import SpecError
from automl.names import inside, outside
from automl.watch import blocks
from automl.watch.keys import hashed, key_column, key_texts
from automl.watch.schema import BATCHES, MERGED, MODELS
from automl.watch.settings import read_settings
from automl.watch.store import Store, now

if TYPE_CHECKING:
    from automl.bundle.read import Bundle

Dicts = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a store knows of a bundle: its content hash, its target and its key columns; `reads` are its raw columns."""

    bundle: str
    target: str
    keys: tuple[str, ...]
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Answered rows, aligned: raw cells and answers by column, keys, and microseconds."""

    raw: Mapping[str, Sequence[object] | pl.Series]
    answers: Mapping[str, Sequence[object] | pl.Series]
    key: Sequence[str | None]
    time: Sequence[int] | pl.Series


def model_of(bundle: Bundle) -> Model:
    """What a store is told of an opened bundle."""
    manifest = bundle.manifest
    reads = dict.fromkeys(map(inside, (*bundle.needed, *bundle.optional)))
    return Model(bundle=manifest.content_hash, target=manifest.target.name, keys=manifest.keys, reads=tuple(reads))


def batch_of_rows(
    columns: Sequence[str], keys: Sequence[str], raw: Dicts, answers: Dicts, time: Sequence[int]
) -> Batch:
    """A batch of rows of JSON, of those `columns` that come."""
    names = {name: outside(name) for name in columns}
    cells = {name: _cells(raw, own) for name, own in names.items() if any(own in row for row in raw)}
    found = {name: _cells(answers, name) for name in answers[0] if name not in keys}
    key = key_column([[row.get(name) for row in raw] for name in keys], len(raw))
    return Batch(raw=cells, answers=found, key=key, time=time)


def _cells(rows: Dicts, name: str) -> list[object]:
    try:
        return [row[name] for row in rows]
    except KeyError:
        return [row.get(name) for row in rows]


def batch_of_frames(
    columns: Sequence[str],
    keys: Sequence[str],
    raw: pl.DataFrame,
    scored: pl.DataFrame,
    time: Sequence[int] | pl.Series,
) -> Batch:
    """A batch of raw rows of a frame and what `Bundle.score` gave for them."""
    raw = renamed(raw)
    kept = {name: raw[name] for name in columns if name in raw.columns}
    answers = {name: scored[name] for name in scored.columns if name not in keys}
    return Batch(raw=kept, answers=answers, key=key_texts(raw, keys), time=time)


class Writer:
    """Writes batches of one model: which of their columns are kept and how keys are spelt, the store says."""

    def __init__(self, store: Store, model: Model) -> None:
        """Makes the model known. SpecError where the store is that of another target."""
        self._store, self._model = store, model
        with store.writing() as connection:
            _register(connection, model, store.where)
            self._settings = read_settings(connection)

    @property
    def columns(self) -> tuple[str, ...]:
        """The raw columns that are kept where they come; keys that are hashed are not among them."""
        kept = self._model.reads if self._settings.columns is None else tuple(map(inside, self._settings.columns))
        hidden = () if self._settings.salt is None else tuple(map(inside, self._model.keys))
        return tuple(name for name in kept if name not in hidden)

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns."""
        return self._model.keys

    def write(self, id_: str, batch: Batch) -> bool:
        """Write a batch; False where it stands there already, by its id. MachineError where the database refuses."""
        return self.write_block(id_, self.block(batch)) if len(batch.time) else False

    def block(self, batch: Batch) -> pl.DataFrame:
        """What is kept of a batch; several of them may be stacked and written as one."""
        salt = self._settings.salt
        raw = {name: batch.raw[name] for name in self.columns if name in batch.raw}
        return blocks.framed(raw, batch.answers, batch.key if salt is None else hashed(batch.key, salt), batch.time)

    def write_block(self, id_: str, block: pl.DataFrame) -> bool:
        """Write at least one row as a batch of that id, as `write` does."""
        row = {"id": id_, "bundle": self._model.bundle, "added": now(), **blocks.entry(block)}
        with self._store.writing() as connection:
            merged = connection.execute(sa.select(MERGED.c.id).where(MERGED.c.id == id_)).first()
            return merged is None and insert_new(connection, BATCHES, row)


def models(connection: sa.Connection) -> list[Model]:
    """The models whose rows the store has or had, the oldest first."""
    columns = MODELS.c.bundle, MODELS.c.target, MODELS.c["keys"]
    rows = connection.execute(sa.select(*columns).order_by(MODELS.c.added, MODELS.c.bundle))
    return [Model(bundle=bundle, target=target, keys=tuple(json.loads(keys))) for bundle, target, keys in rows]


def frames(
    connection: sa.Connection, bundle: str, first: int, end: int, columns: list[str] | None = None
) -> Iterator[pl.DataFrame]:
    """The rows of a bundle with first <= time < end, block by block, in the order in which they came."""
    chosen = (BATCHES.c.bundle == bundle, BATCHES.c.last >= first, BATCHES.c.first < end)
    query = sa.select(BATCHES.c.content, BATCHES.c.first, BATCHES.c.last).where(*chosen).order_by(BATCHES.c.number)
    with connection.execution_options(yield_per=64).execute(query) as found:
        for content, earliest, latest in found:
            frame = blocks.unpack(content, columns)
            whole = first <= earliest and latest < end
            yield frame if whole else frame.filter(pl.col(blocks.TIME).is_between(first, end, closed="left"))


def insert_new(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its unique id is there; whether it was inserted."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgres

        statement: Any = insert_postgres(table).values(**row).on_conflict_do_nothing()
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        statement = insert_sqlite(table).values(**row).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key.columns)).first() is not None


def _register(connection: sa.Connection, model: Model, where: str) -> None:
    for known in models(connection):
        if (known.target, known.keys) != (model.target, model.keys):
            what = f"the store is that of {known.target!r} with the keys {list(known.keys)}, and the bundle's are not"
            hint = f"{model.target!r} with the keys {list(model.keys)} needs a store of its own."
            raise SpecError(what, where=where, hint=hint)
    row = {"bundle": model.bundle, "added": now(), "target": model.target, "keys": json.dumps(model.keys)}
    insert_new(connection, MODELS, row)
