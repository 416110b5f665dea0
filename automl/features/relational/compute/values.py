"""Values of rows, and rows that values are wanted for."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.definition import Hop


class Values(NamedTuple):
    """Numbers with NaN, or codes into the sorted texts of `levels`, NaN for ``""``."""

    data: Floats
    levels: pl.Series | None = None

    @classmethod
    def of(cls, series: pl.Series) -> Values:
        """A column in wire types."""
        if series.dtype != pl.String:
            return cls(series.to_numpy())
        levels = series.unique().sort()
        levels = levels.filter(levels != "")
        codes = series.cast(pl.Enum(levels), strict=False).to_physical()
        return cls(codes.cast(pl.Float64).fill_null(np.nan).to_numpy(), levels)

    def series(self, name: str) -> pl.Series:
        """The column in wire types."""
        if self.levels is None:
            return pl.Series(name, self.data)
        codes = pl.Series(self.data, nan_to_null=True).cast(pl.UInt32)
        return self.levels.gather(codes).fill_null("").alias(name)

    def are(self, value: str | float) -> NDArray[np.bool_]:
        """Where the value is exactly this one."""
        at = value if self.levels is None else self.levels.index_of(value)
        same: NDArray[np.bool_] = np.equal(self.data, math.nan if at is None else at)
        return same


class Place(Protocol):
    """The rows that values are wanted for, each with its `cutoff` (inf: all is known, NaN: nothing is)."""

    @property
    def cutoff(self) -> Floats: ...

    def column(self, name: str) -> Values:
        """A column of the rows."""

    def key(self, path: tuple[Hop, ...]) -> Ints:
        """For each row the number of its key in the view of `path`, -1 for none."""
