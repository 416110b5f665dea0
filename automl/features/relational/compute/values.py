"""Values of rows, and rows that values are wanted for."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.definition import Hop

if TYPE_CHECKING:
    import polars as pl

Texts: TypeAlias = "Sequence[str] | pl.Series"


class Values(NamedTuple):
    """Numbers with NaN, or codes into the sorted texts of `levels`, NaN for ``""``."""

    data: Floats
    levels: Texts | None = None

    def are(self, value: str | float) -> NDArray[np.bool_]:
        """Where the value is exactly this one."""
        at = value if self.levels is None else _place(self.levels, value)
        same: NDArray[np.bool_] = np.equal(self.data, at)
        return same


class Place(Protocol):
    """The rows that values are wanted for, each with its `cutoff` (inf: all is known, NaN: nothing is)."""

    @property
    def cutoff(self) -> Floats: ...

    def column(self, name: str) -> Values:
        """A column of the rows."""

    def key(self, path: tuple[Hop, ...]) -> Ints:
        """For each row the number of its key in the view of `path`, -1 for none."""


def _place(levels: Texts, value: str | float) -> float:
    """Where a text is among sorted ones; NaN where it is not."""
    place = bisect_left(levels, value)
    return place if place < len(levels) and levels[place] == value else math.nan
