"""A column by time: what is missing, and where its values lie, in stretches of equal length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import is_missing
from automl.explore.distribution import moment
from automl.explore.profile import Period
from automl.explore.relation import wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STRETCHES = 24
LEAST = 10  # rows of a stretch: fewer are left out
DAY = 86_400e6  # microseconds


def stretches(time: Floats | None) -> tuple[Ints, tuple[str, ...]] | None:
    """The stretch of each row [n], -1 without a time, and when each begins; None where the rows have one time."""
    if time is None or not np.isfinite(time).any():
        return None
    low, high = float(np.nanmin(time)), float(np.nanmax(time))
    if high <= low:
        return None
    edges = np.linspace(low, high, STRETCHES + 1)
    place = np.clip(np.searchsorted(edges, time, side="right") - 1, 0, STRETCHES - 1)
    day = high - low > 2 * STRETCHES * DAY
    return np.where(np.isfinite(time), place, -1), tuple(moment(edge, day=day) for edge in edges[:-1])


def periods(series: pl.Series, found: tuple[Ints, tuple[str, ...]] | None) -> tuple[Period, ...]:
    """The column in each stretch that has rows; nothing without a time."""
    return tuple(_periods(series, *found)) if found else ()


def shares(y: Floats, found: tuple[Ints, tuple[str, ...]] | None) -> tuple[Period, ...]:
    """The share of positives among labels `y` [n] of 0 and 1 in each stretch; low and high are its 95 % interval."""
    return tuple(_shares(y, *found)) if found else ()


def _shares(y: Floats, place: Ints, starts: tuple[str, ...]) -> Iterator[Period]:
    for number, start in enumerate(starts):
        own = y[place == number]
        if own.size >= LEAST:
            share = float(own.mean())
            low, high = wilson(share, own.size)
            yield Period(start=start, rows=own.size, missing=0.0, low=low, median=share, high=high)


def _periods(series: pl.Series, place: Ints, starts: tuple[str, ...]) -> Iterator[Period]:
    missing = is_missing(series)
    usual = _usual(series, missing)
    for number, start in enumerate(starts):
        rows = place == number
        n = int(rows.sum())
        if n >= LEAST:
            low, median, high = _middle(series, rows & ~missing, usual)
            yield Period(start=start, rows=n, missing=float(missing[rows].mean()), low=low, median=median, high=high)


def _usual(series: pl.Series, missing: NDArray[np.bool_]) -> str | None:
    """The most frequent level of a category."""
    if series.dtype != pl.String or missing.all():
        return None
    return str(series.filter(pl.Series(~missing)).mode().sort()[0])


def _middle(series: pl.Series, rows: NDArray[np.bool_], usual: str | None) -> tuple[float, float, float]:
    if not rows.any():
        return np.nan, np.nan, np.nan
    if usual is not None:
        share = (series.filter(pl.Series(rows)) == usual).to_numpy().mean()
        return np.nan, float(share), np.nan
    low, median, high = np.quantile(series.to_numpy()[rows], (0.25, 0.5, 0.75))
    return float(low), float(median), float(high)
