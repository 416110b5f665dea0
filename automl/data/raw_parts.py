"""Raw rows of train and test with what the split needs: targets, times, groups and places in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPart:
    """Raw rows with what the split needs; `group` codes are common to train and test, `file` is empty for a frame."""

    raw: pl.DataFrame
    time: Floats | None
    group: Ints | None
    order: Ints | None = None  # each row's place in the file, where that stands for the time
    file: str = ""

    def take(self, index: Ints) -> RawPart:
        """The rows at `index`, in that order."""
        if index.size == self.raw.height and (np.diff(index) == 1).all():
            return self
        time = None if self.time is None else self.time[index]
        group = None if self.group is None else self.group[index]
        order = None if self.order is None else self.order[index]
        return RawPart(raw=self.raw[index], time=time, group=group, order=order, file=self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPart(RawPart):
    """Raw rows that have a target: `y` [n] are their codes or numbers; `drawn` as in `data.rows.Rows`."""

    y: Floats
    drawn: bool = False


P = TypeVar("P", bound=RawPart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Generic[P]):
    """Both parts, and the sentence that says how they were parted; `given`: test was not set aside by us.

    `between` are the rows of the gap before test: nothing that test judges learns from them.
    """

    train: P
    test: P
    split: str
    given: bool
    between: P | None = None
