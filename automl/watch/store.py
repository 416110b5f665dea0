"""A store as it is opened: SQLite in a file, or PostgreSQL by an address that stands in the environment alone."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from automl.data.read.query import secrets_of
from automl.errors import AutomlError, DataError, MachineError, SpecError
from automl.watch import schema

PATIENCE: Final = 30.0  # seconds that a write waits for another writer
CONNECT: Final = 5  # seconds until a database that does not answer counts as dead
WRITING: Final = 0x6175746F  # the lock in PostgreSQL of who writes
PRAGMAS: Final = ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An open store: `where` as people named it (never an address), and the words of the address to be kept secret."""

    where: str
    engine: sa.Engine
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def postgres(self) -> bool:
        """Whether it is a PostgreSQL database."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the store from begin to end."""
        with self.told(), self.engine.connect() as connection:
            if self.postgres:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection whose changes all stand when the block ends well, and none of them where it does not.

        One writes at a time: what was read here is not changed by others before it is written.
        """
        with self.told(), self.engine.connect() as raw:
            connection = raw.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                if self.postgres:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITING)))
                yield connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """What the database says as an error of ours; neither an address nor a value of a row stands in it."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise _refused(self, error.orig or error) from None
        except sa.exc.SQLAlchemyError as error:
            raise _refused(self, error) from None

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def open_store(where: str, *, create: bool = False, patience: float = PATIENCE) -> Store:
    """The store at `where`: the path of an SQLite file, or ``env:NAME`` of the address of a PostgreSQL database.

    It is brought to the newest version; where there is none it is made, if we may `create` it. SpecError for a place
    that cannot be one, DataError where there is no store or one of a newer version, MachineError for what the database
    or the disk refuses.
    """
    store = _at(where, create=create, patience=patience)
    try:
        _bring_up(store, create=create)
    except BaseException:
        store.close()
        raise
    return store


def _bring_up(store: Store, *, create: bool) -> None:
    newest = len(schema.MIGRATIONS)
    with store.reading() as connection:
        version = _version(connection)
    if version == 0 and not create:
        hint = f"`automl watch init {store.where}` makes one."
        raise DataError("there is no store in this database", where=store.where, hint=hint)
    if version > newest:
        what = f"the store has version {version}, and this engine knows versions up to {newest}"
        raise DataError(what, where=store.where, hint="A newer automl wrote it: use that one.")
    if version < newest:
        _migrate(store)


def now() -> int:
    """Microseconds since 1970 in UTC."""
    return int(time.time() * 1e6)


def _at(where: str, *, create: bool, patience: float) -> Store:
    if not where.startswith("env:"):
        return _sqlite(Path(where.removeprefix("sqlite:///")), where, create=create, patience=patience)
    name = where.removeprefix("env:")
    url = os.environ.get(name)
    if not url:
        raise SpecError(f"the environment variable {name} is not set", where=where, hint=f"export {name}=ADDRESS")
    scheme = url.partition("://")[0].lower().partition("+")[0]
    if scheme == "sqlite":
        path = Path(url.partition("://")[2].removeprefix("/"))
        return _sqlite(path, where, create=create, patience=patience)
    if scheme not in {"postgres", "postgresql"}:
        hint = "Use postgresql://USER:PASSWORD@HOST/NAME, or the path of a file."
        raise SpecError(f"the address in {name} is of no known database", where=where, hint=hint)
    return _postgres("postgresql://" + url.partition("://")[2], where, patience)


def _sqlite(path: Path, where: str, *, create: bool, patience: float) -> Store:
    if "://" in str(where) and not where.startswith(("env:", "sqlite:///")):
        raise SpecError("an address stands in the environment, not here", where="STORE", hint="Say env:NAME.")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise SpecError("a store is a file in a folder that exists", where=where, hint="Name it watch.db, say.")
    if not path.exists() and not create:
        raise DataError("there is no such store", where=where, hint=f"`automl watch init {where}` makes one")
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False),
        poolclass=sa.pool.QueuePool,
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return Store(where=where, engine=engine)


def _postgres(url: str, where: str, patience: float) -> Store:
    try:
        import psycopg
    except ImportError:
        raise SpecError(
            "a store in PostgreSQL needs psycopg", where=where, hint="pip install 'automl[postgres]'"
        ) from None
    options = f"-c lock_timeout={int(patience * 1000)} -c statement_timeout=300000 -c timezone=UTC"
    engine = sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, connect_timeout=CONNECT, options=options),
        pool_pre_ping=True,
    )
    return Store(where=where, engine=engine, secrets=tuple(secrets_of(url)))


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table(schema.VERSION.name):
        return 0
    return connection.execute(sa.select(schema.VERSION.c.version)).scalar() or 0


def _migrate(store: Store) -> None:
    with store.writing() as connection:
        version = _version(connection)  # another writer may have been the first
        for migration in schema.MIGRATIONS[version:]:
            migration(connection)
        connection.execute(sa.delete(schema.VERSION))
        connection.execute(sa.insert(schema.VERSION).values(version=max(version, len(schema.MIGRATIONS))))


def _refused(store: Store, error: BaseException) -> AutomlError:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    for secret in store.secrets:
        text = text.replace(secret, "...")
    small = text.lower()
    if "locked" in small or "lock timeout" in small:
        what, hint = "another writer holds the store", "Nothing was written; run again when it has ended."
        return MachineError(f"{what}: {text}", where=store.where, hint=hint)
    if "is full" in small or "no space left" in small:
        return MachineError("the disk of the store is full", where=store.where, hint="Make room, then run again.")
    if "not a database" in small or "malformed" in small:
        return DataError(f"this is no store that can be read: {text}", where=store.where, hint="Use its last backup.")
    hint = "Nothing was written."
    if "connect" in small or "authentication" in small:
        hint = f"See that the database runs, and that the address in {store.where} is right."
    return MachineError(f"the database refused: {text[:300]}", where=store.where, hint=hint)
