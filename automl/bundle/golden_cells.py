"""Cells for golden rows that point at no person: common ones as they stand, and numbers between the others.

A golden row shows what a column looks like, in the bundle, in the server's schema and in its web page. So a raw cell
enters as it is only where `SEEN` rows have it. In place of any other number stands one that is interpolated between the
column's own, rounded to some steps of its spread, and written as the column writes its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.golden_text import MICROSECONDS, raw_cell, written
from automl.data.read.column_reader import ColumnReader, Wire
from automl.data.read.dates import UNITS
from automl.data.read.frames import counted, in_seconds
from automl.data.rows import SEEN
from automl.ops.bulk import as_floats

STEPS = 100  # of the spread between the ends, at least: so coarse are numbers that stand for others
ASIDE = 0.37  # of a step: people have round numbers
DAY = 86_400 * MICROSECONDS

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What a column of golden rows is drawn from, each cell as often as the column has such ones.

    `low` and `high` are the cells of its smallest and largest number; of a text they are any.
    """

    drawn: Sequence[object]
    low: object
    high: object


def cells_of(
    raw: pl.Series, read: pl.Series, reader: ColumnReader, sample: NDArray[np.int64], *, least: int = SEEN
) -> Cells:
    """The cells of a column: `raw` as it came [n], `read` in wire types [n], drawn from the rows `sample`.

    A cell that fewer than `least` rows have does not enter.
    """
    if reader["wire"] == "text":
        return _of_any(_words([raw_cell(value) for value in raw[sample].to_list()], least))
    shown = [raw_cell(value) for value in raw[sample].to_list()]
    if reader["wire"] == "category":
        common = _common(read, least)
        return _of_any([cell for cell, level in zip(shown, read[sample], strict=True) if level in common])
    return _numbers(raw, read, reader, sample, shown, least)


def _of_any(cells: Sequence[object]) -> Cells:
    return Cells(drawn=cells, low=cells[0] if cells else None, high=cells[-1] if cells else None)


def _words(cells: Sequence[object], least: int) -> list[str]:
    """The words that so many of the cells have, each once."""
    words = pl.Series([word for cell in cells if cell for word in set(str(cell).split())], dtype=pl.String)
    return sorted(map(str, _common(words, least)))


def _common(values: pl.Series, least: int) -> set[object]:
    """The values that at least so many rows have."""
    counts = counted(values)
    return set(counts["value"].filter(counts["count"] >= least))


def _numbers(
    raw: pl.Series,
    read: pl.Series,
    reader: ColumnReader,
    sample: NDArray[np.int64],
    shown: Sequence[object],
    least: int,
) -> Cells:
    """Common cells as they are, numbers in place of the others; what cannot be read and is not common is empty."""
    values = as_floats(read)
    raw = raw.cast(pl.String) if raw.dtype == pl.Time else in_seconds(raw)
    text = raw.dtype == pl.String
    common = _common(raw.cast(pl.String, strict=False) if not text else raw, least)
    as_text = raw[sample].cast(pl.String, strict=False).to_list() if not text else list(shown)
    between = iter(_between(values, reader["wire"], len(sample), least))
    pairs: list[tuple[object, float]] = []
    for cell, told, value in zip(shown, as_text, values[sample], strict=True):
        if told in common:
            pairs.append((cell, float(value)))
        elif math.isnan(value) or math.isnan(number := next(between)):
            pairs.append((None, math.nan))
        else:
            pairs.append((written(reader, number) if text else _typed(reader, number, raw), number))
    known = [pair for pair in pairs if not math.isnan(pair[1])]
    low, high = (end(known, key=lambda pair: pair[1])[0] for end in (min, max)) if known else (None, None)
    return Cells(drawn=[cell for cell, _ in pairs], low=low, high=high)


def _between(values: Floats, wire: Wire, count: int, least: int) -> Floats:
    """`count` numbers between the `least`th smallest and the `least`th largest of `values`; NaN where there is none.

    They lie at even places of the distribution, in an order without a meaning, and on a grid of whole numbers where
    the values are whole (of days, where moments are). Where the grid leaves room beside them, none is a value that
    fewer than `least` rows have.
    """
    known = np.sort(values[np.isfinite(values)])
    found = np.full(count, math.nan)
    if wire == "flag" or len(known) < 2 * least or not count:
        return found
    low, high = known[least - 1], known[-least]
    step, grid = step_of(known, wire, high - low)
    places = np.random.default_rng(count).permutation(np.linspace(least - 1, len(known) - least, count))
    numbers = np.round(np.interp(places, np.arange(len(known)), known) / step) * step
    distinct, counts = np.unique(known, return_counts=True)
    rare = distinct[counts < least]
    if step > grid:  # there is room beside a value that somebody has alone
        aside = _on_grid(numbers + ASIDE * step, grid)
        numbers = np.where(np.isin(numbers, rare), np.where(np.isin(aside, rare), math.nan, aside), numbers)
    return np.where((low <= numbers) & (numbers <= high), numbers, math.nan)


def _on_grid(numbers: Floats, grid: float) -> Floats:
    return np.round(numbers / grid) * grid if grid else numbers


def step_of(known: Floats, wire: Wire, spread: float) -> tuple[float, float]:
    """A power of ten below `spread` / `STEPS`, at least the grid that all the numbers lie on, and that grid (or 0)."""
    grids = (DAY, 1.0) if wire == "date" else (1.0,)
    grid = next((grid for grid in grids if not np.remainder(known, grid).any()), 0.0)
    if spread <= 0:
        return grid or 1.0, grid
    step = 10.0 ** math.floor(math.log10(spread / STEPS))
    return (max(grid, round(step / grid) * grid) if grid else step), grid


def _typed(reader: ColumnReader, number: float, raw: pl.Series) -> object:
    """A number as a column of numbers or moments carries it."""
    if raw.dtype.is_temporal():
        return raw_cell((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)).replace(tzinfo=None))
    if reader["wire"] == "date":
        number /= UNITS[(reader["parser"] or {}).get("unit", "us")]
    return int(number) if raw.dtype.is_integer() else number
