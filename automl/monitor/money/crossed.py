"""What was decided against what came true, cell by cell, with what each saved: where the money of labels is lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.decide.verdict.bootstrap import PER
from automl.monitor.look import Crossed

Floats = NDArray[np.float64]
MOST = 50  # cells: of hundreds of classes those that cost most


def crossed(
    truths: Sequence[str], actions: Sequence[str], y: Floats, decision: Floats, saved: Floats
) -> tuple[Crossed, ...]:
    """The cells that rows fell into, those that cost most first: of `y` [n], `decision` [n] and what was `saved` [n].

    Labels and decisions are codes of `truths` and `actions`; rows whose saving is not known (NaN) are not counted. The
    saving of a cell is its part of that of 1,000 rows, so that those of all cells sum to it.
    """
    known = np.flatnonzero(np.isfinite(saved))
    cell = (y[known] * len(actions) + decision[known]).astype(np.int64)
    count = np.bincount(cell, minlength=len(truths) * len(actions))
    money = PER * np.bincount(cell, saved[known], minlength=count.size) / max(known.size, 1)
    worst = sorted(np.flatnonzero(count).tolist(), key=lambda place: money[place])
    return tuple(
        Crossed(
            truth=truths[place // len(actions)],
            decision=actions[place % len(actions)],
            rows=int(count[place]),
            saving=float(money[place]),
        )
        for place in worst[:MOST]
    )
