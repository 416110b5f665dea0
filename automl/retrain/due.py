"""Whether it is time to retrain: by the calendar, or by what a watch has to say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from automl.bundle.read import Bundle
from automl.data.read.source import SourceTable
from automl.monitor.monitor import monitor
from automl.retrain.attempts import Attempts, fitted_at
from automl.spec.retrain import Retrain
from automl.spec.units import write_duration

LEAST: Mapping[str, Collection[str]] = {"money": {"act"}, "drift": {"warn", "act"}}
"""Severities that count: money that is known to be lost acts."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Whether it is time, and why or why not in a sentence; `lost` says that the watch knows of lost money."""

    now: bool
    sentence: str
    lost: bool = False


def due(
    champion: Bundle, asked: Retrain, attempts: Attempts, new: SourceTable, store: str | None, *, at: datetime
) -> Due:
    """It is time where [retrain] every has gone by since the last challenge (of a new bundle: since it was made).

    So it is where the champion is to be renewed, unless [retrain] refit_every forbids a fit, and where a watch has
    raised an alarm since then of what [retrain] on names: that which the `store` keeps, else a look at `new` rows.
    """
    last = max(filter(None, (datetime.fromisoformat(champion.manifest.created), attempts.last)))
    age = (at - last).total_seconds()
    gone = f"the last challenge was {age / DAY:,.1f} days ago"
    said: Iterable[tuple[str, str, str]] = ()
    if asked.on:
        said = _looked(champion, new) if store is None else _alarms(champion, store, last)
    heard = [(kind, sentence) for kind, severity, sentence in said if severity in LEAST.get(kind, ())]
    lost = any(kind == "money" for kind, _ in heard)
    if asked.every is not None and age >= asked.every:
        why = f"it is time: {gone}, and [retrain] every is {write_duration(asked.every)}"
        return Due(now=True, sentence=why, lost=lost)
    if old(champion, asked, at=at) and not fitted_lately(champion, asked, attempts, at=at):
        days = (at - fitted_at(champion.manifest)).total_seconds() / DAY
        limit = write_duration(asked.renew_every or 0.0)
        why = f"it is time: the champion was fitted {days:,.1f} days ago, and [retrain] renew_every is {limit}"
        return Due(now=True, sentence=why, lost=lost)
    for kind, sentence in heard:
        if kind in asked.on:
            return Due(now=True, sentence=f"it is time: {sentence}", lost=lost)
    none = f", and no alarm of {' or '.join(asked.on)} was raised" if asked.on else ""
    return Due(now=False, sentence=f"it is not time: {gone}{none}", lost=lost)


def old(champion: Bundle, asked: Retrain, *, at: datetime) -> bool:
    """Whether the champion's fit has the age of [retrain] renew_every."""
    age = (at - fitted_at(champion.manifest)).total_seconds()
    return asked.renew_every is not None and age >= asked.renew_every


def fitted_lately(champion: Bundle, asked: Retrain, attempts: Attempts, *, at: datetime) -> bool:
    """Whether the last fit, the champion's or one that was judged, is younger than [retrain] refit_every."""
    last = max(filter(None, (attempts.fitted, fitted_at(champion.manifest))))
    return asked.refit_every is not None and (at - last).total_seconds() < asked.refit_every


def _alarms(champion: Bundle, store: str, last: datetime) -> Iterable[tuple[str, str, str]]:
    from automl.watch.alarms import alarms
    from automl.watch.store import open_store

    opened = open_store(store)
    try:
        return alarms(opened, champion.manifest.content_hash, since=int(last.timestamp() * 1e6))
    finally:
        opened.close()


def _looked(champion: Bundle, new: SourceTable) -> Iterable[tuple[str, str, str]]:
    watched, _ = monitor(champion, new.frame)
    found = [*watched.findings, *(each for look in watched.looks for each in look.findings)]
    return [(each.kind, each.severity, each.sentence) for each in found]
