"""Which texts or whole numbers of a column are levels of their own, and which are too rare to be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import SEEN, Column
from automl.ops import expr as ops
from automl.ops.means import Means

Floats = NDArray[np.float64]

WHOLE = 2.0**53  # whole numbers from here on are not told apart as float64
DIGIT = 2**20
LARGEST = 10_000  # keys in the bundle for each column; beyond, the least frequent levels join the rare one


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The levels of a text column by frequency: `keys[i]` is level i + 1; level 0 is rare and unseen.

    `level` [n] is the level of each fitted row, `counts` [levels] the fitted rows of each level.
    Missing (``""``) is a level like any other.
    """

    keys: tuple[str, ...]
    level: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def levels(self) -> int:
        """The number of levels, the rare one included."""
        return len(self.keys) + 1


def vocabulary(texts: pl.Series, *, least: int = SEEN) -> Vocabulary:
    """The levels of `texts`: those that at least so many rows have, at most `LARGEST`; ties are ordered by text."""
    texts = texts.fill_null("").alias("key")
    seen = texts.to_frame().group_by("key").len("count").filter(pl.col("count") >= least)
    seen = seen.sort("count", "key", descending=[True, False]).head(LARGEST)
    table = seen.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("level"))
    joined = texts.to_frame().join(table, on="key", how="left", maintain_order="left")
    level = joined["level"].fill_null(0).to_numpy()
    keys = tuple(table["key"].to_list())
    return Vocabulary(keys=keys, level=level, counts=np.bincount(level, minlength=len(keys) + 1))


def known_levels(column: Column, values: pl.Series) -> tuple[Vocabulary, ops.Expr]:
    """The levels of a column's values [n], and where the value of a row stands in their keys, of others the end."""
    if values.dtype == pl.String:
        words = vocabulary(values, least=column.min_level)
        return words, place(column.name, words.keys)
    numbers = values.to_numpy()
    whole = np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < WHOLE)
    texts = pl.Series(column.name, np.where(whole, numbers, 0.0)).cast(pl.Int64).cast(pl.String)
    levels = pl.select(pl.when(pl.Series(whole)).then(texts).otherwise(pl.lit(""))).to_series()
    words = vocabulary(levels, least=column.min_level)
    return words, place_of_number(column.name, words.keys)


def place_of_number(column: str, keys: tuple[str, ...]) -> ops.Expr:
    """The same of a column of numbers: `keys` are whole numbers as texts, ``""`` is missing.

    The number less the lowest key is looked up as two digits of base `DIGIT`; what is no whole number has digits that
    no key but the missing one has.
    """
    known = [int(key) for key in keys if key]
    low = min(known, default=0)
    above = (max(known, default=0) - low) // DIGIT + 1
    x = ops.Subtract(ops.Column(column), ops.constant(float(low)))
    high = ops.Floor(ops.Divide(x, ops.constant(float(DIGIT))))
    rest = ops.Subtract(x, ops.Multiply(high, ops.constant(float(DIGIT))))
    size = DIGIT + 1
    codes = np.array([_two_digits(int(key) - low) if key else above * size + DIGIT for key in keys], dtype=np.int64)
    order = np.argsort(codes)
    found = ops.Pair(ops.AsIndex(high, above + 1), ops.AsIndex(rest, size), size, codes[order])
    places = np.append(order, len(keys)).astype(np.float64)
    return ops.AsIndex(ops.Take(found, places.reshape(-1, 1)), len(keys) + 1)


def _two_digits(number: int) -> int:
    return number // DIGIT * (DIGIT + 1) + number % DIGIT


def place(column: str, keys: tuple[str, ...]) -> ops.IndexOf:
    """Where the column's text stands in `keys`; share the result, it is a hash look-up for each row."""
    return ops.IndexOf(ops.Column(column, "text"), keys)


def look_up(index: ops.Expr, by_level: Floats, means: Means | None = None) -> ops.Take:
    """One number for each level (the rare one first) as an expression over `index`, which has it last."""
    places = np.roll(np.arange(len(by_level)), -1)
    return ops.Take(index, by_level[places].reshape(-1, 1), None if means is None else means.take(places))
