"""Margins: how one column is distributed, in bins and levels that enough rows share, so that no row can be read."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.frozen import Frozen
from automl.bundle.golden_cells import step_of
from automl.data.read.column_reader import Wire
from automl.data.read.frames import counted
from automl.data.rows import SEEN, Column
from automl.ops.bulk import as_floats

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
LEVELS = 200  # more are counted as rare
BINS = 32  # of a number: enough for a distance between two distributions, few enough to be looked through
FINER = 12  # times a step is divided by ten until a rounded mean lies within its bin

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class Bins(Frozen):
    """Neighbouring ranges of a number or a moment, each with at least as many rows as a level needs.

    `edges` [k - 1] lie between them, the outer ones are open; `shares` [k] are of all rows, so that with those that
    are missing they make 1; `values` [k] stand for them: the most frequent value where enough rows have it, else the
    mean, rounded.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    values: tuple[float, ...]


class Margin(Frozen):
    """One column: `bins` and `quantiles` of numbers, flags and moments, `levels` of categories, `words` of text."""

    wire: Wire
    missing: float
    quantiles: dict[str, float | None] | None = None
    words: dict[str, float | None] | None = None
    levels: dict[str, float] | None = None
    bins: Bins | None = None


def margin(values: pl.Series, column: Column) -> Margin:
    """The margin of a column in wire types [n]. Of free text only the number of words is kept."""
    least = max(SEEN, column.min_level)
    if column.wire == "category":
        return Margin(wire=column.wire, missing=_share(values == ""), levels=_levels(values, least))
    if column.wire == "text":
        words = values.str.count_matches(r"\S+").cast(pl.Float64)
        return Margin(wire=column.wire, missing=_share(values == ""), words=_quantiles(words))
    present = values.drop_nans().drop_nulls()
    return Margin(
        wire=column.wire,
        missing=(values.len() - present.len()) / max(values.len(), 1),
        quantiles=_quantiles(present),
        bins=bins_of(as_floats(values), column.wire, least=least),
    )


def bins_of(values: Floats, wire: Wire = "number", *, most: int = BINS, least: int = SEEN) -> Bins | None:
    """At most `most` bins of about equal rows for `values` [n], NaN where missing; None where too few are known."""
    known = values[np.isfinite(values)]
    if len(known) < least:
        return None
    distinct, counts = np.unique(known, return_counts=True)
    starts = _starts(counts, most, least)
    ends = np.append(starts[1:], len(distinct))
    step, _ = step_of(known, wire, float(distinct[-1] / 2 - distinct[0] / 2))
    stand = [standing(distinct[a:b], counts[a:b], step, least) for a, b in zip(starts, ends, strict=True)]
    below, above = distinct[starts[1:] - 1], distinct[starts[1:]]
    middle = below / 2 + above / 2
    edges = np.where(middle < above, middle, below).tolist()  # two neighbouring floats have no middle
    return Bins(
        edges=tuple(edges), shares=tuple((np.add.reduceat(counts, starts) / len(values)).tolist()), values=tuple(stand)
    )


def codes_of(values: Floats, bins: Bins | None) -> Codes:
    """The bin of each value [n]; -1 where it is missing, or where there are no bins."""
    if bins is None:
        return np.full(len(values), -1, dtype=np.int64)
    return np.where(np.isfinite(values), np.searchsorted(np.array(bins.edges), values, side="left"), -1)


def standing(distinct: Floats, counts: Codes, step: float, least: int) -> float:
    """What stands for sorted `distinct` values with so many rows each: one that `least` rows have, or the mean."""
    if counts.max() >= least:
        return float(distinct[counts.argmax()])
    mean = float(distinct @ (counts / counts.sum()))
    grids = (step / 10.0**finer for finer in range(FINER))
    rounded = (round(mean / grid) * grid for grid in grids if grid > 0)
    return next((number for number in rounded if distinct[0] <= number <= distinct[-1]), mean)


def _starts(counts: Codes, most: int, least: int) -> Codes:
    """Where the bins begin among sorted distinct values with so many rows each: none has fewer than `least` rows."""
    middle = np.cumsum(counts) - counts / 2
    place = np.minimum((middle / counts.sum() * most).astype(np.int64), most - 1)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    kept, filled = [0], 0
    for start, rows in zip(starts.tolist(), np.add.reduceat(counts, starts).tolist(), strict=True):
        if filled >= least:
            kept.append(start)
            filled = 0
        filled += rows
    if filled < least and len(kept) > 1:
        kept.pop()
    return np.array(kept, dtype=np.int64)


def _share(flags: pl.Series) -> float:
    return float(flags.sum()) / max(flags.len(), 1)


def _levels(values: pl.Series, least: int) -> dict[str, float]:
    """Shares by level, the most frequent first; rare ones are left out, so the shares may sum to less than 1."""
    counts = counted(values.filter(values != ""))
    frequent = counts.filter(pl.col("count") >= least).sort("count", "value", descending=[True, False]).head(LEVELS)
    return {level: count / values.len() for level, count in frequent.iter_rows()}


def _quantiles(values: pl.Series) -> dict[str, float | None]:
    return {str(q): values.quantile(q, "linear") for q in QUANTILES}
