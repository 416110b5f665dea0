"""One run of a watch over a frame: what was remembered -> the looks -> what is remembered for the next run."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from automl.bundle.read import Bundle
from automl.errors import SpecError
from automl.monitor.look import Watched
from automl.monitor.monitor import monitor
from automl.monitor.state import read_state, write_state


def run(
    bundle: Bundle,
    frame: object,
    *,
    labels: object | None = None,
    since: str | None = None,
    window: str | None = None,
    state: str | os.PathLike[str] | None = None,
) -> Watched:
    """What `automl.monitor.monitor` finds in a frame; the file `state`, where one is named, goes on from there.

    `since` is a day or a moment in UTC. Raises `SpecError` where a time cannot be read, `DataError` as `monitor` does
    and for a state of another bundle.
    """
    begin = None if since is None else moment_of(since)
    kept = None if state is None else Path(state)
    before = None if kept is None else read_state(kept, bundle.manifest.content_hash)
    now = datetime.now(UTC).timestamp() * 1e6
    watched, after = monitor(bundle, frame, labels=labels, since=begin, window=window, state=before, now=now)
    if kept is not None:
        write_state(kept, after)
    return watched


def moment_of(text: str) -> float:
    """Microseconds of UTC of a day or a moment such as ``2026-11-01``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        hint = "Write a day such as 2026-11-01, or a moment such as 2026-11-01T12:00."
        raise SpecError(f"{text!r} is no date", where="since", hint=hint) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6
