"""What is in a store, for people and programs: models, rows, labels, looks and alarms."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa

from automl.watch.predictions import models
from automl.watch.schema import ALARMS, BATCHES, LABELS, LOOKS
from automl.watch.settings import read_settings
from automl.watch.store import Store

LATEST = 20  # alarms that are shown


def show(store: Store) -> dict[str, object]:
    """A document of plain JSON."""
    with store.reading() as connection:
        each = [_model(connection, model.bundle) for model in models(connection)]
        labels = connection.execute(
            sa.select(sa.func.count(), sa.func.count(LABELS.c.key.distinct()), sa.func.max(LABELS.c.known))
        ).one()
        alarms = connection.execute(sa.select(ALARMS).order_by(ALARMS.c.number.desc()).limit(LATEST))
        return {
            "settings": read_settings(connection).told(),
            "models": each,
            "labels": {"written": labels[0], "keys": labels[1], "latest": moment(labels[2])},
            "alarms": [
                {
                    "bundle": row.bundle,
                    "look": row.look,
                    "raised": moment(row.raised),
                    "kind": row.kind,
                    "severity": row.severity,
                    "sentence": row.sentence,
                }
                for row in alarms
            ],
        }


def last_look(connection: sa.Connection, bundle: str) -> dict[str, object] | None:
    """The document of the last look at a bundle; None where there was none."""
    query = sa.select(LOOKS.c.document).where(LOOKS.c.bundle == bundle).order_by(LOOKS.c.number.desc()).limit(1)
    found = connection.execute(query).scalar()
    document: dict[str, object] | None = None if found is None else json.loads(found)
    return document


def moment(microseconds: int | None) -> str | None:
    """A time for people.

    >>> moment(0), moment(None)
    ('1970-01-01T00:00:00+00:00', None)
    """
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).isoformat()


def _model(connection: sa.Connection, bundle: str) -> dict[str, object]:
    counts = sa.select(
        sa.func.count(), sa.func.sum(BATCHES.c.rows), sa.func.min(BATCHES.c.first), sa.func.max(BATCHES.c.last)
    )
    batches, rows, first, last = connection.execute(counts.where(BATCHES.c.bundle == bundle)).one()
    looks = connection.execute(
        sa.select(sa.func.count(), sa.func.max(LOOKS.c.last)).where(LOOKS.c.bundle == bundle)
    ).one()
    return {
        "bundle": bundle,
        "batches": batches,
        "rows": int(rows or 0),
        "first": moment(first),
        "last": moment(last),
        "looks": looks[0],
        "looked": moment(looks[1]),
    }
