"""Columns that move together: rank correlation of numbers, Cramer's V where a category is among them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import binned
from automl.data.read.frames import counted
from automl.explore.profile import Pair

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SAMPLE = 5_000  # rows
MOST = 80  # columns
STRONG = 0.5  # from which a pair is told
TOLD = 30  # pairs
LEVELS = 16
RANKS: Final = "rank correlation"
CRAMER: Final = "Cramer's V"
LEAST = 30  # rows that both columns have


def strengths(frame: pl.DataFrame, names: Sequence[str]) -> Floats:
    """How strongly each two of the columns go together [columns, columns], 1 on the diagonal.

    Spearman's rank correlation of two numbers, with its sign; else Cramer's V without its bias (Bergsma 2013) over at
    most `LEVELS` ranges or levels of each. At most `SAMPLE` rows, evenly spread.
    """
    rows = frame[:: max(1, frame.height // SAMPLE)].head(SAMPLE)
    ranks = {name: _ranks(rows[name]) for name in names if rows[name].dtype == pl.Float64}
    codes = {name: _codes(rows[name]) for name in names}
    found = np.eye(len(names))
    for (i, one), (j, other) in combinations(enumerate(names), 2):
        both = one in ranks and other in ranks
        found[i, j] = _spearman(ranks[one], ranks[other]) if both else cramer(codes[one], codes[other])
        found[j, i] = found[i, j]
    return found


def pairs(frame: pl.DataFrame, names: Sequence[str], found: Floats) -> tuple[Pair, ...]:
    """The pairs that go together at least as strongly as `STRONG`, the strongest first."""
    numbers = {name for name in names if frame[name].dtype == pl.Float64}
    strong = [
        Pair(
            one=one,
            other=other,
            measure=RANKS if {one, other} <= numbers else CRAMER,
            strength=float(found[i, j]),
        )
        for (i, one), (j, other) in combinations(enumerate(names), 2)
        if abs(found[i, j]) >= STRONG
    ]
    return tuple(sorted(strong, key=lambda pair: -abs(pair.strength))[:TOLD])


def cramer(one: Ints, other: Ints) -> float:
    """Cramer's V of two codes [n] without its bias, 0 to 1."""
    n, rows, columns = one.size, int(one.max()) + 1, int(other.max()) + 1
    table = np.bincount(one * columns + other, minlength=rows * columns).reshape(rows, columns).astype(np.float64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    if min(rows, columns) < 2 or n < LEAST:  # noqa: PLR2004  # a constant
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi / least))) if least > 0 else 0.0


def _ranks(series: pl.Series) -> Floats:
    """Ranks of numbers, NaN where they are missing."""
    ranked = series.fill_nan(None).rank("average").cast(pl.Float64)
    return np.asarray(ranked.fill_null(np.nan).to_numpy())


def _spearman(one: Floats, other: Floats) -> float:
    there = np.isfinite(one) & np.isfinite(other)
    if there.sum() < LEAST:
        return 0.0
    a, b = one[there] - one[there].mean(), other[there] - other[there].mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread > 0 else 0.0


def _codes(series: pl.Series) -> Ints:
    """At most `LEVELS` codes: the most frequent levels and all others as one, or ranges."""
    if series.dtype != pl.String:
        return binned(series, LEVELS - 1)
    top = counted(series).sort("count", "value", descending=[True, False]).head(LEVELS - 1)
    place = {level: code for code, level in enumerate(top["value"], start=1)}
    return series.replace_strict(place, default=0, return_dtype=pl.Int64).to_numpy()
