"""What matters: how much more the rows cost, or how much worse the score is, when a column is shuffled."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Loss = Callable[[pl.DataFrame], Floats]  # what each of these rows loses [n], as the shipped model answers
REPEATS = 5
SURE = 1.96
ROUNDING = 1e-12  # of the largest: what is left where sums cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """How much more one row loses on average without what the column says of it, with a 95 % interval."""

    columns: tuple[str, ...]
    loss: float
    low: float
    high: float


def importance(
    frame: pl.DataFrame,
    players: Sequence[tuple[str, ...]],
    loss: Loss,
    weight: Floats,
    *,
    seed: int,
    until: float,
) -> tuple[Importance, ...]:
    """Permutation importance (Breiman 2001) of each of the `players`, columns that are shuffled together.

    The model stays as it is and answers on the same rows with the player's cells of other rows. The interval is that of
    the mean over rows. Players whose turn comes after `until` (of the monotonic clock) are left out; the first always
    has its turn. The heaviest comes first.
    """
    rng, whole, found = np.random.default_rng(seed), loss(frame), list[Importance]()
    for columns in players:
        if found and time.monotonic() > until:
            break
        more = np.zeros_like(whole)
        for _ in range(REPEATS):
            order = rng.permutation(frame.height)
            shuffled = frame.with_columns(frame[name].gather(order).alias(name) for name in columns)
            more += (loss(shuffled) - whole) / REPEATS
        found.append(_told(columns, more, weight))
    return tuple(sorted(found, key=lambda one: -one.loss))


def _told(columns: tuple[str, ...], more: Floats, weight: Floats) -> Importance:
    share = weight / weight.sum()
    more = np.where(np.abs(more) <= ROUNDING * np.abs(more).max(initial=0.0), 0.0, more)
    mean = float(share @ more)
    error = float(np.sqrt((share**2) @ (more - mean) ** 2))
    return Importance(columns=columns, loss=mean, low=mean - SURE * error, high=mean + SURE * error)
