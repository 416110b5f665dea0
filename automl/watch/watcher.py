"""Looks one after the other: a store that is away for a while ends no watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Final

from automl.bundle.read import Bundle
from automl.errors import AutomlError, MachineError, SpecError
from automl.spec.units import read_duration
from automl.watch.look import Outcome, look
from automl.watch.store import open_store
from automl.watch.upkeep import prune

SOON: Final = 60.0  # seconds after which a look that the machine refused is tried again
NAP: Final = 300.0  # seconds of sleep at a time: a machine that was suspended, or whose clock jumped, is soon seen


def look_at(
    store: str,
    bundle: Path,
    *,
    window: str | None = None,
    since: float | None = None,
    tables: Mapping[str, Path] | None = None,
    require_signature: Path | None = None,
    tidy: bool = False,
) -> Outcome:
    """One look at what a bundle answered, with the bundle and the tables as they lie there now.

    `window` and `since` (microseconds of UTC) are as in `look`; `tidy` prunes the store afterwards.
    """
    opened = open_store(store)
    try:
        model = Bundle.load(bundle, tables=tables or {}, require_signature=require_signature)
        outcome = look(opened, model, window=window, since=since)
        if tidy:
            prune(opened)
    finally:
        opened.close()
    return outcome


def keep_looking(
    one_look: Callable[[], Outcome],
    every: str,
    *,
    tell: Callable[[Outcome], None],
    complain: Callable[[str], None],
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.time,
    turns: Iterator[int] | None = None,
) -> None:
    """Look every so often until the process ends; what the machine refuses is told and tried again.

    So is any other error once a look went well: a bundle may be away while another takes its place. Looks begin
    `every` so often by the clock on the wall, however long they take. A time that passed while the machine slept gets
    one look; a clock that goes back lets nobody wait for longer than `every`.
    """
    try:
        pause = read_duration(every)
    except ValueError as error:
        raise SpecError(str(error), where="--every") from None
    begun, looked = clock(), False
    for _ in turns or count():
        try:
            tell(one_look())
            wait, looked = pause, True
        except AutomlError as error:
            if not (looked or isinstance(error, MachineError)):
                raise
            complain(f"automl: {error}")
            wait = min(SOON, pause)
        begun = _wait(begun, wait, sleep, clock)


def _wait(begun: float, wait: float, sleep: Callable[[float], object], clock: Callable[[], float]) -> float:
    """Sleep until `wait` seconds after `begun`, and give when the next look begins."""
    while (left := begun + wait - clock()) > 0:
        if left > wait:  # the clock went back
            begun, left = clock(), wait
        sleep(min(left, NAP))
    return clock()
