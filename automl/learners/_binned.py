"""Features as the numbers of their bins: one byte a cell on the disk, and models of bins as models of the features.

Bin k of a feature holds the values above its edge k - 1 up to its edge k, so that `value <= edge k` and `bin <= k` say
the same: a tree over bins is the tree over values whose thresholds are edges. Codes of levels are their own bins.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.learners._trees import single
from automl.learners.base import BinnedRows, FeatureInfo, Floats, Member, Model
from automl.ops.expr import Trees
from automl.ops.rewrite import swap

Bytes = NDArray[np.uint8]
MISSING = 255  # the bin of NaN
MOST_BINS = 255  # of a feature, beside it
STEP = 1 << 16  # rows that are taken from the disk at a time
SETS = 2  # the mode of a node that asks for a set of codes


class MappedBins:
    """The bins of a file, of which no more than what is asked for stays in memory."""

    def __init__(self, rows: BinnedRows) -> None:
        with Path(rows.bins).open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bins: Bytes = np.frombuffer(self._map, dtype=np.uint8).reshape(-1, len(rows.features))

    def __len__(self) -> int:
        return len(self._bins)

    def numbers(self, start: int, end: int) -> Floats:
        """The bins of some rows as numbers, NaN where a value is missing; the pages of the file are dropped again."""
        found = numbers(self._bins[start:end])
        if hasattr(self._map, "madvise"):  # where it is not, the system drops them when it needs the memory
            self._map.madvise(mmap.MADV_DONTNEED)
        return found


def numbers(bins: Bytes) -> Floats:
    """Bins [n, F] as a learner takes them."""
    found = bins.astype(np.float64)
    found[bins == MISSING] = np.nan
    return found


def edges_of(values: Floats, feature: FeatureInfo) -> Floats:
    """At most `MOST_BINS` - 1 edges, ascending, found on a sample of the values [n] of a feature.

    A value that a bin's share of the rows has is a bin of its own. Edges are exact in float32, which some libraries
    compare.
    """
    if as_codes(feature):
        return np.arange(max(1, feature.levels) - 1, dtype=np.float64)
    known = values[np.isfinite(values)]
    distinct, count = np.unique(single(known), return_counts=True)
    if distinct.size < 2:  # noqa: PLR2004  # nothing to tell apart
        return np.empty(0)
    ends = np.arange(distinct.size - 1) if distinct.size <= MOST_BINS else _ends(count)
    low, high = distinct[ends].astype(np.float64), distinct[ends + 1].astype(np.float64)
    middle = ((low + high) / 2).astype(np.float32).astype(np.float64)
    return np.where(middle < high, middle, low)


def as_codes(feature: FeatureInfo) -> bool:
    """Whether its values are codes, few enough to be bins themselves."""
    return feature.kind == "code" and feature.levels <= MOST_BINS


def _ends(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of the distinct values, with so many rows each, that are the last of their bin."""
    large = count >= count.sum() / MOST_BINS
    room = MOST_BINS - 2 * int(large.sum())
    if room < MOST_BINS // 4:
        large, room = np.zeros_like(large), MOST_BINS
    rest = np.cumsum(np.where(large, 0, count))
    mark = np.minimum(rest * room // max(1, int(rest[-1])), room - 1)
    new = (np.diff(mark) > 0) | large[1:] | large[:-1]
    return np.flatnonzero(new)[: MOST_BINS - 1]


def bins_of(values: Floats, edges: Sequence[Floats]) -> Bytes:
    """The bins [n, F] of values [n, F]."""
    bins = np.empty(values.shape, dtype=np.uint8)
    for j, own in enumerate(edges):
        column = values[:, j]
        bins[:, j] = np.searchsorted(own, column)
        bins[np.isnan(column), j] = MISSING
    return bins


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBins:
    """A model that has learned from bins, as one of the values."""

    model: Model
    edges: tuple[Floats, ...]
    narrow: bool  # its library compares float32, and takes what is below a threshold

    @property
    def rounds(self) -> int | None:
        return self.model.rounds

    def raw(self, values: Floats) -> Floats:
        seen = single(values).astype(np.float64) if self.narrow else values
        return self.model.raw(numbers(bins_of(seen, self.edges)))

    def member(self) -> Member:
        own = self.model.member()
        if not isinstance(own.raw, Trees):
            return own
        raw = replace(own.raw, ensemble=replace(own.raw.ensemble, threshold=self._thresholds(own.raw)))
        return replace(own, raw=raw, prediction=swap(own.prediction, own.raw, raw))

    def _thresholds(self, raw: Trees) -> Floats:
        """Between bin k and the next one stands edge k."""
        trees = raw.ensemble
        found = trees.threshold.copy()
        for j, own in enumerate(self.edges):
            at = np.flatnonzero((trees.feature == j) & (trees.mode != SETS))
            if at.size and own.size:
                place = np.ceil(found[at]) - 1 if self.narrow else np.floor(found[at])
                edge = own[np.clip(place.astype(np.int64), 0, own.size - 1)]
                found[at] = np.nextafter(edge.astype(np.float32), np.float32(np.inf)) if self.narrow else edge
                found[at[place < 0]] = -np.inf
                found[at[place >= own.size]] = np.inf
        return found
