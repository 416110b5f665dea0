"""For whom two bundles decide otherwise: the groups of rows that change clearly more than all of them do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.ranges import ranges
from automl.decide.verdict.bootstrap import PER
from automl.monitor.look import Scored
from automl.names import outside

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
BINS, LEVELS = 4, 20  # of numbers; of texts, those that most rows have
FEWEST: Final = 20  # rows of a group
TOLD: Final = 10  # groups
CLEAR: Final = 2.0  # standard errors above the share of all rows: less may be chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of a `column` in a `group`: how many, the share decided otherwise, what the other bundle saves per 1,000."""

    column: str
    group: str
    rows: int
    changed: float
    saving: float | None


def groups_of_change(rows: Scored, differs: Flags, saved: Floats | None) -> Iterator[Group]:
    """The groups of one column whose share of other decisions is clearly above that of all rows, the clearest first."""
    overall = float(differs.mean())
    found: list[tuple[float, Group]] = []
    for column in rows.wire.get_columns():
        for name, inside in _parts(column):
            count = int(inside.sum())
            if not FEWEST <= count < rows.n:
                continue
            share, spread = float(differs[inside].mean()), float(np.sqrt(overall * (1 - overall) / count))
            if share - overall > CLEAR * spread:
                money = None if saved is None else _mean(saved[inside])
                group = Group(column=outside(column.name), group=name, rows=count, changed=share, saving=money)
                found.append(((share - overall) / spread, group))
    yield from (group for _, group in sorted(found, key=lambda each: -each[0])[:TOLD])


def _mean(saved: Floats) -> float | None:
    """What 1,000 rows save, of those whose cost is known."""
    known = saved[np.isfinite(saved)]
    return PER * float(known.mean()) if known.size else None


def _parts(column: pl.Series) -> Iterator[tuple[str, Flags]]:
    """The rows of each level, or of each quarter of the numbers, and those without a value."""
    if column.dtype == pl.String:
        texts = column.fill_null("").to_numpy()
        levels, counts = np.unique(texts.astype(str), return_counts=True)
        for place in np.argsort(-counts)[:LEVELS].tolist():
            yield (str(levels[place]) or "missing"), texts == levels[place]
        return
    values = column.to_numpy().astype(np.float64)
    known = np.isfinite(values)
    yield "missing", ~known
    if not known.any():
        return
    distinct, counts = np.unique(values[known], return_counts=True)
    for first, last in ranges(counts, BINS):
        low, high = distinct[first], distinct[last]
        yield " to ".join(dict.fromkeys((f"{low:g}", f"{high:g}"))), known & (values >= low) & (values <= high)
