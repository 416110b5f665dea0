"""Rows in time -> the windows of the looks, and the rows whose label has become due between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.explore.distribution import moment
from automl.monitor.look import Finding, Scored, Window
from automl.spec.monitor import Monitor

Floats = NDArray[np.float64]
SECOND = 1e6  # microseconds
DAY = 86_400 * SECOND
UNUSUAL = 1.5  # times the usual time between two rows: a shorter one is no pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The window of a look, which of its rows are new, the rows whose label is due by its end, and the pauses."""

    window: Window
    new: Scored
    due: Scored
    findings: tuple[Finding, ...] = ()


def windows(rows: Scored, asked: Monitor, *, looks: int = 0, since: float | None = None) -> tuple[Looked, ...]:
    """The windows that end after `since`, each with at least `asked.least` rows; `looks` came before them.

    They end at whole steps (of days, at midnight UTC), the last one with the last row. One with too few rows is no
    look: its rows wait for the next, as long as a window reaches back.
    """
    if rows.time is None or not np.isfinite(rows.time).any():
        whole = Looked(window=Window(number=looks + 1, rows=rows), new=rows, due=rows)
        return (whole,) if rows.n >= asked.least else ()
    time = rows.time
    found: list[Looked] = []
    before = -np.inf if since is None else since
    for end in _ends(time[time >= before], asked.step * SECOND, since):
        start = end - asked.window * SECOND
        inside = (time >= start) & (time < end)
        if inside.sum() < asked.least:
            continue
        late = asked.label_delay * SECOND
        due = (time >= before - late) & (time < end - late)
        window = Window(number=looks + len(found) + 1, rows=rows.take(inside), start=start, end=end)
        new = rows.take(inside & (time >= before))
        pauses = _pauses(time[inside], window, asked)
        found.append(Looked(window=window, new=new, due=_in_time(rows.take(due)), findings=pauses))
        before = end
    return tuple(found)


def _ends(time: Floats, step: float, since: float | None) -> Floats:
    """The ends of the windows: whole steps after the first row's, or after `since`, and just after the last row."""
    if not len(time):
        return time
    whole = min(step, DAY)
    first = since if since is not None else np.floor(time.min() / whole) * whole
    last = time.max() + 1.0
    full = np.arange(1, np.floor((last - first) / step) + 1)
    ends = first + step * full
    return ends if len(ends) and ends[-1] == last else np.append(ends, last)


def _in_time(rows: Scored) -> Scored:
    assert rows.time is not None  # noqa: S101  # who asks has looked
    if (np.diff(rows.time) >= 0).all():
        return rows
    return rows.take(np.argsort(rows.time, kind="stable"))


def _pauses(time: Floats, window: Window, asked: Monitor) -> tuple[Finding, ...]:
    """A note on the longest time without a row: over half a step between two looks, and longer than is usual.

    Rows that only have a date are a day apart, and none is missing between them.
    """
    assert window.start is not None  # noqa: S101  # who asks has looked
    assert window.end is not None  # noqa: S101  # as above
    known = np.sort(time)
    waits = np.diff(known)
    usual = float(np.median(waits[waits > 0])) if (waits > 0).any() else 0.0
    if not len(waits) or waits.max() <= max(asked.step * SECOND / 2, UNUSUAL * usual):
        return ()
    place = int(waits.argmax())
    said = f"No row came between {moment(known[place])} and {moment(known[place + 1])}."
    return (Finding(kind="contract", check="pause", severity="note", sentence=said),)
