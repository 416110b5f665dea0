"""The tables of a store and how they came to be: one migration after the other, each applied once.

All times are microseconds of UTC. Rows lie in batches, each one Arrow block, because a look reads millions of them;
labels come one at a time and are asked for by key, so each is a row.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()
NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up none but INTEGER

VERSION = sa.Table("watch_version", METADATA, sa.Column("version", sa.Integer, nullable=False))
SETTINGS = sa.Table(
    "watch_settings",
    METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
MODELS = sa.Table(
    "watch_models",
    METADATA,
    sa.Column("bundle", sa.String(64), primary_key=True),
    sa.Column("added", sa.BigInteger, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("keys", sa.Text, nullable=False),  # a JSON list of key columns
)
BATCHES = sa.Table(
    "watch_batches",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), nullable=False, unique=True),
    sa.Column("bundle", sa.String(64), nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),  # the earliest and the latest time of its rows
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("added", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("digests", sa.LargeBinary, nullable=False),  # 64 bits of each key, sorted, little-endian
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Index("watch_batches_by_time", "bundle", "last", "first"),
)
MERGED = sa.Table(  # ids of batches that were put together with others: a repeated write still finds them
    "watch_merged",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)
LABELS = sa.Table(
    "watch_labels",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("known", sa.BigInteger, nullable=False),
    sa.Column("added", sa.BigInteger, nullable=False),
    sa.Index("watch_labels_by_key", "key"),
)
LOOKS = sa.Table(
    "watch_looks",
    METADATA,
    sa.Column("bundle", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("looked", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),  # the end of its window
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)
ALARMS = sa.Table(
    "watch_alarms",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("bundle", sa.String(64), nullable=False),
    sa.Column("look", sa.Integer, nullable=False),
    sa.Column("raised", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("check", sa.String(80), nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
)


def _first(connection: sa.Connection) -> None:
    METADATA.create_all(connection, checkfirst=False)


MIGRATIONS: Final = (_first,)
"""The n-th makes version n of n - 1. A change of the tables adds one, and freezes what those before it made."""
