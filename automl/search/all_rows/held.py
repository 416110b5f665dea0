"""What calibration and policy of members from all rows are learned on: rows that none of them learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.search.leaderboard import Held

Floats = NDArray[np.float64]
FEWEST = 1_000  # rows: of fewer a curve is not known well


def held_rows(rows: Rows | None, chosen: Sequence[Floats], judged: Sequence[Floats]) -> Held | None:
    """The rows that judged; with those on which rounds and weights were chosen where they are few.

    None where both together are few, or the files do not tell all that decisions need of them. In `rows` the two
    halves take turns, and each begins with those that the members ([m, width] of each) predicted: first one on which
    they were `chosen`, then one that `judged`.
    """
    if rows is None:
        return None
    first, second = (np.arange(half, rows.n, 2)[: len(each[0])] for half, each in enumerate((chosen, judged)))
    if second.size >= FEWEST:
        return Held(rows=rows.take(second), predictions=tuple(judged))
    if first.size + second.size < FEWEST:
        return None
    both = tuple(np.concatenate(each) for each in zip(chosen, judged, strict=True))
    return Held(rows=rows.take(np.concatenate([first, second])), predictions=both)


def said_of(held: Held | None) -> str:
    """What calibration and decisions are learned on, and whose the scores out of fold are."""
    if held is None:
        return "calibration, decisions and scores out of fold are of members that learned from these alone"
    return f"calibration and decisions are learned on {held.rows.n:,} such rows, and scores out of fold are theirs"
