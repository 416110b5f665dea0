"""Which texts of a column are levels of their own, and which are too rare to be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import SEEN
from automl.ops import expr as ops

Floats = NDArray[np.float64]

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


def place(column: str, keys: tuple[str, ...]) -> ops.IndexOf:
    """Where the column's text stands in `keys`; share the result, it is a hash look-up for each row."""
    return ops.IndexOf(ops.Column(column, "text"), keys)


def look_up(index: ops.IndexOf, by_level: Floats) -> ops.Take:
    """One number for each level (the rare one first) as an expression over `index`, which has it last."""
    return ops.Take(index, np.roll(by_level, -1).reshape(-1, 1))
