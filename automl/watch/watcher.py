"""Looks one after the other: a store that is away for a while ends no watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

from automl.bundle.read import Bundle
from automl.errors import MachineError, SpecError
from automl.spec.units import read_duration
from automl.watch.look import Outcome, look
from automl.watch.store import open_store
from automl.watch.upkeep import prune

SOON: Final = 60.0  # seconds after which a look that the machine refused is tried again


def look_at(store: str, bundle: Path, window: str | None = None, *, tidy: bool = False) -> Outcome:
    """One look at what a bundle answered, with the bundle as it lies there now; `tidy` prunes the store afterwards."""
    opened = open_store(store)
    try:
        outcome = look(opened, Bundle.load(bundle), window=window)
        if tidy:
            prune(opened)
    finally:
        opened.close()
    return outcome


def keep_looking(
    store: str,
    bundle: Path,
    window: str | None,
    every: str,
    *,
    tell: Callable[[Outcome], None],
    complain: Callable[[str], None],
    sleep: Callable[[float], object] = time.sleep,
    turns: Iterator[int] | None = None,
) -> None:
    """Look every so often until the process ends; what the machine refuses is told and tried again."""
    try:
        pause = read_duration(every)
    except ValueError as error:
        raise SpecError(str(error), where="--every") from None
    for _ in turns or count():
        try:
            tell(look_at(store, bundle, window, tidy=True))
        except MachineError as error:
            complain(f"automl: {error}")
            sleep(min(SOON, pause))
        else:
            sleep(pause)
