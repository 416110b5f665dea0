"""Any column as a few levels: what crossings and group statistics are made over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Column
from automl.features.base import Sample
from automl.features.vocabulary import LARGEST, SEEN, known_levels
from automl.ops import expr as ops

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 12  # of a number; one with at most so many values has a level for each
TEXTS = ("category", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """An index below `size` and what it is on the fitted rows [n]; `size - 1` is rare, unseen or missing."""

    index: ops.Expr
    size: int
    level: Ints


def levels_of(column: Column, sample: Sample) -> Levels:
    """The levels of a category, or of a number whose levels tell; of other numbers their bins, the last for missing."""
    if column.wire in TEXTS or column.sense == "both":
        words, index = known_levels(column, sample.frame[column.name])
        level = np.where(words.level == 0, len(words.keys), words.level - 1)
        return Levels(index=index, size=words.levels, level=level)
    values = sample.frame[column.name].to_numpy()
    knots = bin_edges(values)
    x = ops.Column(column.name)
    above = ops.RowSum(ops.AsNumber(ops.LessEqual(ops.Constant(knots), x)))
    size = len(knots) + 2
    index = ops.AsIndex(ops.Where(ops.IsMissing(x), ops.constant(size - 1.0), above), size)
    level = np.where(np.isnan(values), size - 1, np.searchsorted(knots, values, side="right"))
    return Levels(index=index, size=size, level=level)


def bin_edges(values: Floats) -> Floats:
    """Edges between the distinct values if they are few, else quantiles; at least one."""
    present = values[np.isfinite(values)]
    if not len(present):
        return np.zeros(1)
    distinct = np.unique(present[: 50 * BINS])
    if len(distinct) <= BINS:
        distinct = np.unique(present)
    edges = (
        distinct[1:] if len(distinct) <= BINS else np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1]))
    )
    return edges if len(edges) else distinct


def crossed(columns: Sequence[Column], sample: Sample) -> Levels:
    """The combinations of the columns' levels that at least `SEEN` rows have, the most frequent `LARGEST` of them."""
    found = levels_of(columns[0], sample)
    for column in columns[1:]:
        other = levels_of(column, sample)
        found = _pair(found, other)
    return found


def _pair(left: Levels, right: Levels) -> Levels:
    key = left.level * right.size + right.level
    keys, at, counts = np.unique(key, return_inverse=True, return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:LARGEST]
    kept = np.sort(frequent[counts[frequent] >= SEEN])
    place_of = np.full(len(keys), len(kept))
    place_of[kept] = np.arange(len(kept))
    index = ops.Pair(left.index, right.index, right.size, keys[kept])
    return Levels(index=index, size=len(kept) + 1, level=place_of[at])
