"""Rows of a bundle in a store since the last look -> what was found, alarms, and what is remembered."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
import sqlalchemy as sa

from automl.bundle.manifest import Manifest
from automl.bundle.read import Bundle
from automl.monitor.look import Finding, Look, Status, Watched
from automl.monitor.monitor import asked_of, monitor
from automl.monitor.state import State
from automl.names import inside
from automl.spec.monitor import Monitor
from automl.watch import blocks
from automl.watch.documents import SECOND, document, earlier
from automl.watch.keys import key_cells
from automl.watch.labels import latest
from automl.watch.predictions import frames, insert_new
from automl.watch.schema import ALARMS, BATCHES, LOOKS
from automl.watch.settings import read_settings
from automl.watch.show import moment
from automl.watch.store import Store, now
from automl.watch.tables import check_tables, moved

MOST: Final = 500_000  # rows of a look: of more a share is drawn, and memory stays below 1 GB


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a look found: the documents of new looks, the oldest first, and notes on the store as a whole.

    `watched` are the same looks as a page shows them, None where no row was there to be looked at.
    """

    looks: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    status: Status
    watched: Watched | None = None


def look(
    store: Store, bundle: Bundle, *, window: str | None = None, since: float | None = None, at: int | None = None
) -> Outcome:
    """Look at the rows that a bundle answered since the last look, and write down what was found, in one step.

    `window` overrules the spec's, `since` (microseconds of UTC) leaves out earlier rows, `at` (microseconds) overrules
    the clock. A bundle of several tables has them at hand. Of two watchers at once one writes its look.
    """
    at = now() if at is None else at
    name = bundle.manifest.content_hash
    with store.reading() as connection:
        check_tables(bundle, read_settings(connection), store.where)
        state, before = _state(connection, name), earlier(connection, name)
        seen = _seen(connection, bundle, asked_of(bundle, window), state, at)
    notes = [*_clock(state, at), *seen.notes]
    if seen.frame is None:
        return Outcome(looks=(), notes=(*notes, "No row of this bundle is in the store."), status=Status.fine)
    notes += moved(bundle, seen.frame)
    watched, state = monitor(
        bundle, seen.frame, labels=seen.labels, times=seen.times, since=since, window=window, state=state
    )
    notes += [found.sentence for found in watched.findings]
    documents = [document(each, _labels_known(each, seen), at) for each in watched.looks]
    _write(store, watched, documents, state, at)
    return Outcome(
        looks=tuple(documents),
        notes=tuple(notes),
        status=watched.status,
        watched=replace(watched, before=before),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The rows to be looked at, aligned: raw cells, keys and answers in `frame`; None where there are none."""

    frame: pl.DataFrame | None
    times: np.ndarray[Any, np.dtype[np.float64]]
    known: np.ndarray[Any, np.dtype[np.bool_]]
    labels: pl.DataFrame | None
    notes: tuple[str, ...] = ()


def _labels_known(each: Look, seen: Seen) -> float | None:
    """The share of the rows of a look whose label is known."""
    mine = (seen.times >= (each.start or -math.inf)) & (seen.times < (each.end or math.inf))
    return float(seen.known[mine].mean()) if mine.any() else None


def _seen(connection: sa.Connection, bundle: Bundle, asked: Monitor, state: State, at: int) -> Seen:
    """The rows that a look at this time stands on."""
    first = _first(connection, bundle, asked, state)
    share, notes = _share(connection, bundle.manifest.content_hash, first, at)
    notes += _late(connection, bundle.manifest.content_hash, state)
    parts = [_drawn(frame, share) for frame in frames(connection, bundle.manifest.content_hash, first, at + 1)]
    parts = [part for part in parts if part.height]
    nothing = np.empty(0)
    if not parts:
        return Seen(frame=None, times=nothing, known=nothing.astype(bool), labels=None, notes=notes)
    rows = blocks.rows_of(blocks.stacked(parts))
    keys = [inside(key) for key in bundle.manifest.keys]
    whole = pl.concat([rows.raw.drop(keys, strict=False), _cells(rows.key, keys), rows.answers], how="horizontal")
    labels = latest(connection, at, among=rows.key) if keys else None
    known = np.zeros(rows.height, dtype=bool)
    if labels is not None:
        known = rows.key.is_in(labels["key"].implode()).fill_null(value=False).to_numpy()
    return Seen(
        frame=whole,
        times=rows.time.cast(pl.Float64).to_numpy(),
        known=known,
        labels=_labels(labels, keys, bundle.manifest),
        notes=notes,
    )


def _first(connection: sa.Connection, bundle: Bundle, asked: Monitor, state: State) -> int:
    """The earliest time that a window, or a label that is due, reaches back to."""
    begin = state.until
    if begin is None:
        mine = BATCHES.c.bundle == bundle.manifest.content_hash
        begin = float(connection.execute(sa.select(sa.func.min(BATCHES.c.first)).where(mine)).scalar() or 0)
    return int(begin - max(asked.window, asked.label_delay) * SECOND)


def _share(connection: sa.Connection, name: str, first: int, at: int) -> tuple[float, tuple[str, ...]]:
    """Which share of the rows is drawn, and what people should know of rows that are left out."""
    chosen = (BATCHES.c.last >= first, BATCHES.c.first <= at)
    count = sa.select(sa.func.sum(BATCHES.c.rows))
    mine = int(connection.execute(count.where(*chosen, BATCHES.c.bundle == name)).scalar() or 0)
    others = int(connection.execute(count.where(*chosen, BATCHES.c.bundle != name)).scalar() or 0)
    late = int(connection.execute(count.where(BATCHES.c.first > at, BATCHES.c.bundle == name)).scalar() or 0)
    told = []
    if mine > MOST:
        told.append(f"Of {mine:,} rows {MOST:,} are drawn for a look.")
    if others:
        told.append(f"{others:,} rows of other bundles were answered at the same time; each has looks of its own.")
    if late:
        told.append(f"{late:,} rows or more have times that are still to come; they wait.")
    return min(1.0, MOST / max(mine, 1)), tuple(told)


def _late(connection: sa.Connection, name: str, state: State) -> tuple[str, ...]:
    """What people should know of rows that were written after the last look, and are older than its end."""
    last = connection.execute(sa.select(sa.func.max(LOOKS.c.looked)).where(LOOKS.c.bundle == name)).scalar()
    if last is None or state.until is None:
        return ()
    late = (BATCHES.c.bundle == name, BATCHES.c.added > last, BATCHES.c.last < int(state.until))
    rows = int(connection.execute(sa.select(sa.func.sum(BATCHES.c.rows)).where(*late)).scalar() or 0)
    if not rows:
        return ()
    told = f"{rows:,} rows came after the last look with times before its end"
    return (f"{told}: they count in windows that reach back to them, and with their labels.",)


def _drawn(frame: pl.DataFrame, share: float) -> pl.DataFrame:
    """A share of the rows, always the same ones: chosen by a hash of key and time."""
    if share >= 1:
        return frame
    chosen = frame.select(blocks.KEY, blocks.TIME).with_row_index().hash_rows(seed=0) < int(share * (2**64 - 1))
    return frame.filter(chosen)


def _cells(keys: pl.Series, columns: list[str]) -> pl.DataFrame:
    if len(columns) == 1:
        return pl.DataFrame([keys.alias(columns[0])])
    each = [[None] * len(columns) if key is None else key_cells(key, len(columns)) for key in keys.to_list()]
    return pl.DataFrame(each, schema=dict.fromkeys(columns, pl.String), orient="row")


def _labels(labels: pl.DataFrame | None, keys: list[str], manifest: Manifest) -> pl.DataFrame | None:
    """As a file of labels has them."""
    if labels is None or not labels.height:
        return None
    value = labels["value"].alias(inside(manifest.target.name))
    known = labels["known"].cast(pl.Datetime("us", "UTC")).alias("known_at")
    return pl.concat([_cells(labels["key"], keys), pl.DataFrame([value, known])], how="horizontal")


def _state(connection: sa.Connection, name: str) -> State:
    query = sa.select(LOOKS.c.state).where(LOOKS.c.bundle == name).order_by(LOOKS.c.number.desc()).limit(1)
    found = connection.execute(query).scalar()
    return State(bundle=name) if found is None else State(**json.loads(found))


def _clock(state: State, at: int) -> list[str]:
    if state.until is None or state.until <= at:
        return []
    return [f"The last look ended at {moment(int(state.until))}, and the clock says {moment(at)}: it jumped."]


def _write(store: Store, watched: Watched, documents: list[dict[str, Any]], state: State, at: int) -> None:
    """Looks and alarms in one step, each once."""
    with store.writing() as connection:
        for each, told in zip(watched.looks, documents, strict=True):
            row = {
                "bundle": state.bundle,
                "number": each.number,
                "looked": at,
                "last": at if each.end is None else int(each.end),
                "status": int(each.status),
                "document": json.dumps(_plain(told), allow_nan=False),
                "state": json.dumps(asdict(state), default=float),
            }
            if insert_new(connection, LOOKS, row):
                alarms = [_alarm(found, each, state.bundle, at) for found in each.findings if found.severity != "note"]
                if alarms:
                    connection.execute(sa.insert(ALARMS), alarms)


def _alarm(found: Finding, each: Look, bundle: str, at: int) -> dict[str, Any]:
    return {
        "bundle": bundle,
        "look": each.number,
        "raised": at,
        "kind": found.kind,
        "check": found.check,
        "severity": found.severity,
        "sentence": found.sentence,
    }


def _plain(value: object) -> object:
    """JSON knows no NaN: what is unknown is null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
