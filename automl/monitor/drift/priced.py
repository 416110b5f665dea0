"""What a drift costs: one column is mapped back to how it was, the rows are scored again, and the money is compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from automl.bundle.read import Bundle
from automl.monitor.drift.reference import Levels, Reference
from automl.monitor.look import Scored
from automl.monitor.rows import again

MOST = 5_000  # rows that are scored again for each column

Saving = Callable[[Scored], float | None]
"""The estimated saving per 1,000 rows, None where nobody can say."""


def price(bundle: Bundle, rows: Scored, name: str, known: Reference, saving: Saving) -> float | None:
    """What the saving per 1,000 rows lost by the drift of a column; below 0 it gained. None where nobody can say.

    Quantile by quantile, or level by level, the column takes its reference's values; all else stays as it is. Of text
    nobody knows the words.
    """
    cells = rows.wire[name]
    if not isinstance(known, Levels) and cells.dtype == pl.String:
        return None
    draw = np.random.default_rng(0)
    some = rows if rows.n <= MOST else rows.take(np.sort(draw.permutation(rows.n)[:MOST]))
    now = saving(some)
    if now is None:
        return None
    cells = some.wire[name]
    if isinstance(known, Levels):
        back = known.mapped(cells, draw)
    else:
        back = pl.Series(name, known.mapped(cells.to_numpy(), draw))
    then = saving(again(bundle, some, back))
    return None if then is None else then - now
