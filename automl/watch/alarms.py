"""The alarms that looks have raised, for whoever acts on them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from automl.watch.schema import ALARMS
from automl.watch.store import Store


def alarms(store: Store, bundle: str, *, since: int) -> Sequence[tuple[str, str, str]]:
    """Kind, severity and sentence of each alarm about a bundle that was raised after `since` (microseconds of UTC).

    The earliest comes first; notes are no alarms.
    """
    columns = (ALARMS.c.kind, ALARMS.c.severity, ALARMS.c.sentence)
    mine = sa.select(*columns).where(ALARMS.c.bundle == bundle, ALARMS.c.raised > since).order_by(ALARMS.c.number)
    with store.reading() as connection:
        return [(row.kind, row.severity, row.sentence) for row in connection.execute(mine)]
