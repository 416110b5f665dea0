"""What a store is told once: how long it keeps rows, which columns of them, and whether keys are hashed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa

from automl.errors import SpecError
from automl.spec.units import read_duration, write_duration
from automl.watch.schema import BATCHES, LABELS, SETTINGS
from automl.watch.store import Store

KEEP: Final = 180 * 86_400.0
SALT: Final = "salt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`keep` is in seconds. `columns`: those kept of the ones that came; None: those that the bundle reads.

    `salt`: keys are hashed with it; None: they are kept as they are.
    """

    keep: float = KEEP
    columns: tuple[str, ...] | None = None
    salt: bytes | None = None

    def told(self) -> dict[str, object]:
        """For people; the salt is not among it."""
        columns = None if self.columns is None else list(self.columns)
        return {"keep": write_duration(self.keep), "columns": columns, "hash_keys": self.salt is not None}


def read_settings(connection: sa.Connection) -> Settings:
    """Those of a store."""
    rows = connection.execute(sa.select(SETTINGS.c.name, SETTINGS.c.value))
    return _read({row.name: row.value for row in rows})


def change_settings(
    store: Store, *, keep: str | None = None, columns: Sequence[str] | None = None, hash_keys: bool = False
) -> Settings:
    """Change those that are given. SpecError for a time that is none, and for keys to be hashed that stand there."""
    try:
        seconds = None if keep is None else read_duration(keep)
    except ValueError as error:
        raise SpecError(str(error), where="--keep") from None
    with store.writing() as connection:
        settings = read_settings(connection)
        if hash_keys and settings.salt is None:
            if any(connection.execute(sa.select(table.c.number).limit(1)).first() for table in (BATCHES, LABELS)):
                hint = "Begin a new store: what was written stays readable in this one."
                raise SpecError("keys that were kept as they are cannot be hashed now", where=store.where, hint=hint)
            settings = replace(settings, salt=os.urandom(32))
        if seconds is not None:
            settings = replace(settings, keep=seconds)
        if columns is not None:
            settings = replace(settings, columns=tuple(columns))
        connection.execute(sa.delete(SETTINGS))
        connection.execute(sa.insert(SETTINGS), _written(settings))
    return settings


def _written(settings: Settings) -> list[dict[str, str]]:
    found = {"keep": repr(settings.keep)}
    if settings.columns is not None:
        found["columns"] = json.dumps(settings.columns)
    if settings.salt is not None:
        found[SALT] = settings.salt.hex()
    return [{"name": name, "value": value} for name, value in found.items()]


def _read(values: dict[str, str]) -> Settings:
    return Settings(
        keep=float(values.get("keep", KEEP)),
        columns=tuple(json.loads(values["columns"])) if "columns" in values else None,
        salt=bytes.fromhex(values[SALT]) if SALT in values else None,
    )
