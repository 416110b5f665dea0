"""A look as plain JSON, which the store keeps and `GET /watch` gives, and back: what a page shows of earlier looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from automl.monitor.look import Estimate, Finding, Look, MoneyLook
from automl.watch.schema import LOOKS
from automl.watch.show import moment

SECOND = 1_000_000  # microseconds
EARLIER = 60  # looks


def document(each: Look, labels_known: float | None, at: int) -> dict[str, Any]:
    """A look at the moment `at` (microseconds) as plain JSON; `labels_known` is a share of its rows."""
    return {
        "number": each.number,
        "looked": moment(at),
        "looked_seconds": at // SECOND,
        "start": moment(None if each.start is None else int(each.start)),
        "end": moment(None if each.end is None else int(each.end)),
        "rows": each.rows,
        "labels_known": labels_known,
        "status": int(each.status),
        "says": each.status.name,
        "money": _money(each),
        "findings": [asdict(found) for found in each.findings],
    }


def earlier(connection: sa.Connection, bundle: str) -> tuple[Look, ...]:
    """The last looks at a bundle, the oldest first."""
    query = sa.select(LOOKS.c.document).where(LOOKS.c.bundle == bundle).order_by(LOOKS.c.number.desc()).limit(EARLIER)
    return tuple(look_of(json.loads(text)) for text in reversed(connection.execute(query).scalars().all()))


def look_of(told: Mapping[str, Any]) -> Look:
    """The look that a document tells of; an older document has no estimates by their names."""
    money = told["money"]
    return Look(
        number=told["number"],
        rows=told["rows"],
        start=_microseconds(told["start"]),
        end=_microseconds(told["end"]),
        findings=tuple(Finding(**found) for found in told["findings"]),
        money=MoneyLook(
            currency=money["currency"],
            promise=_estimate(money.get("promise")),
            unlabelled=_estimate(money.get("unlabelled")),
            labelled=_estimate(money.get("labelled")),
            running=_estimate(money.get("running")),
        ),
    )


def _money(each: Look) -> dict[str, Any]:
    money = each.money or MoneyLook(currency=None)
    now = money.running or money.labelled or money.unlabelled
    drift = [found.money for found in each.findings if found.money is not None]
    return {
        "currency": money.currency,
        "saving": None if now is None else now.value,
        "low": None if now is None else now.low,
        "high": None if now is None else now.high,
        "promised": None if money.promise is None else money.promise.value,
        "drift": sum(drift) if drift else None,
        "promise": _told(money.promise),
        "unlabelled": _told(money.unlabelled),
        "labelled": _told(money.labelled),
        "running": _told(money.running),
    }


def _told(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else asdict(estimate)


def _estimate(told: Mapping[str, Any] | None) -> Estimate | None:
    """An estimate; None where one of its numbers was none that JSON knows."""
    return None if told is None or None in told.values() else Estimate(**told)


def _microseconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp() * 1e6
