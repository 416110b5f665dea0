"""How the values of a column lie: a histogram, or its most frequent levels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import is_missing
from automl.data.read.frames import counted
from automl.data.rows import Column
from automl.explore.profile import Histogram, Levels

Floats = NDArray[np.float64]
BINS = 24
TOP = 12  # levels that are named
FEW = 12  # numbers that are shown one by one
FAR = 0.005  # share of rows at each end that may lie beyond the histogram
REACH = 4.0  # times the span of the others that these reach: else the histogram has them
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LONG = 1e15  # from here on digits are noise
GROUPED = 10_000  # from here on thousands stand apart: a year has no comma
LETTERS = 60  # of a level, a name or an edge


def distribution(series: pl.Series, column: Column) -> Histogram | Levels:
    """The values of a column in wire types; a level of fewer rows than `column.min_level` is not named."""
    there = series.filter(pl.Series(~is_missing(series)))
    if series.dtype == pl.String:
        return _levels(counted(there), column.min_level)
    if column.wire != "date" and there.n_unique() <= FEW:
        return _numbers(counted(there), column.min_level)
    return _histogram(there.to_numpy(), dates=column.wire == "date")


def distinct(series: pl.Series) -> int:
    """How many different values a column in wire types has, without what is missing."""
    return int(series.filter(pl.Series(~is_missing(series))).n_unique())


def moment(microseconds: float, *, day: bool = True) -> str:
    """Microseconds of UTC since 1970 as people write a day, or a second."""
    when = FIRST + timedelta(microseconds=float(microseconds))
    return when.strftime("%Y-%m-%d" if day else "%Y-%m-%d %H:%M:%S")


def told(value: float) -> str:
    """A number as a level or an edge is called."""
    if not float(value).is_integer() or abs(value) >= LONG:
        return f"{value:.6g}"
    return f"{value:,.0f}" if abs(value) >= GROUPED else f"{value:.0f}"


def _levels(counts: pl.DataFrame, least: int) -> Levels:
    usual = counts.filter(pl.col("count") >= least)
    top = usual.sort("count", "value", descending=[True, False]).head(TOP)
    return _named([name[:LETTERS] for name in top["value"]], top["count"], counts)


def _numbers(counts: pl.DataFrame, least: int) -> Levels:
    usual = counts.filter(pl.col("count") >= least).sort("value")
    return _named([told(value) for value in usual["value"]], usual["count"], counts)


def _named(names: list[str], rows: pl.Series, counts: pl.DataFrame) -> Levels:
    others = int(counts["count"].sum()) - int(rows.sum())
    return Levels(names=tuple(names), counts=tuple(map(int, rows)), others=others)


def _histogram(values: Floats, *, dates: bool) -> Histogram:
    low, high = _ends(values)
    inside = values[(values >= low) & (values <= high)]
    counts, edges = np.histogram(inside, bins=_edges(low, high, whole=not dates and bool((inside % 1 == 0).all())))
    day = dates and high - low > 2 * BINS * 86_400e6
    return Histogram(
        edges=tuple(map(float, edges)),
        edge_texts=tuple(moment(edge, day=day) if dates else told(float(f"{edge:.4g}")) for edge in edges),
        counts=tuple(map(int, counts)),
        below=int((values < low).sum()),
        above=int((values > high).sum()),
    )


def _edges(low: float, high: float, *, whole: bool) -> Floats:
    """The ends of `BINS` ranges of one width; of whole numbers each range has as many of them as any other."""
    span = high - low + 1.0
    if not whole or span > FEW * BINS:
        return np.linspace(low, high, BINS + 1)
    width = max(1.0, np.ceil(span / BINS))
    return np.asarray(low + width * np.arange(np.ceil(span / width) + 1))


def _ends(values: Floats) -> tuple[float, float]:
    """Where the histogram begins and ends: at the ends of the values, or where most end if a few lie far out."""
    low, high = float(values.min()), float(values.max())
    near, far = (float(value) for value in np.quantile(values, (FAR, 1.0 - FAR)))
    if far > near and high - far > REACH * (far - near):
        high = far
    if far > near and near - low > REACH * (far - near):
        low = near
    return low, high
