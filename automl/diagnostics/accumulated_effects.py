"""How the prediction moves with one column, the others staying as they are: accumulated local effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.ranges import ranges

Floats = NDArray[np.float64]
Score = Callable[[pl.DataFrame], Floats]  # the prediction for each row [n]
BINS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPoint:
    """At `value` of the column the prediction is by so much above its mean; so many `rows` lie up to the next one."""

    value: float
    effect: float
    rows: int


def accumulated_effects(frame: pl.DataFrame, column: str, score: Score, *, bins: int = BINS) -> tuple[EffectPoint, ...]:
    """ALE of a column of numbers (Apley and Zhu 2020, JRSS B 82): what crossing each bin changes, added up.

    Rows are moved to both ends of their own bin only, so that no row becomes one that cannot be. The effects have the
    mean 0 over the rows. Empty where the column has fewer than two values; rows without one are left out.
    """
    there = frame.filter(pl.col(column).is_finite())
    values = there[column].to_numpy()
    distinct, often = np.unique(values, return_counts=True)
    if distinct.size < 2:  # noqa: PLR2004  # no bin
        return ()
    starts = [first for first, _ in ranges(often, bins)]
    edges = distinct[np.union1d(starts, distinct.size - 1)]
    place = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, edges.size - 2)
    low, high = (score(there.with_columns(pl.Series(column, edges[place + side]))) for side in (0, 1))
    rows = np.bincount(place, minlength=edges.size - 1)
    change = np.bincount(place, weights=high - low, minlength=edges.size - 1) / np.maximum(rows, 1)
    effect = np.concatenate([[0.0], change.cumsum()])
    effect -= float((effect[:-1] + effect[1:]) @ rows) / (2 * rows.sum())
    counts = [*rows.tolist(), 0]
    return tuple(
        EffectPoint(value=float(v), effect=float(e), rows=n) for v, e, n in zip(edges, effect, counts, strict=True)
    )
