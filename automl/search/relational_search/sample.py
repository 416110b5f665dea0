"""Batches of features on the rows that they are tried on: a few rows first, to see how long all would take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.typed_tables import Frame
from automl.features.relational.compute.buckets import Buckets
from automl.features.relational.compute.run import Opened
from automl.features.relational.definition import Definitions
from automl.features.relational.row_cost import RowsOf, usual_rows
from automl.search.relational_search.batches import Batch

PARTS = (64, 8)  # the first parts of the rows are one of so many: two of them show the time that a row takes


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRows:
    """The proposed features on some rows of train, in parts, whose tables stay sorted from batch to batch."""

    proposed: Definitions
    parts: tuple[Opened, ...]
    rows: int

    @classmethod
    def of(
        cls, proposed: Definitions, train: pl.DataFrame, tables: Mapping[str, Frame], at: NDArray[np.int64]
    ) -> SampleRows:
        """The rows of `train` at the positions `at`."""
        cuts = np.cumsum([-(-len(at) // part) for part in PARTS])
        parts = tuple(Opened.of(proposed, train[rows], tables, deal=Buckets) for rows in np.split(at, cuts))
        return cls(proposed=proposed, parts=parts, rows=len(at))

    def usual_rows(self) -> RowsOf:
        """How many rows a key has, by the first part of the rows."""
        return usual_rows(self.parts[0].engine(self.proposed.catalog))

    def values(self, batch: Batch, seconds: float) -> tuple[pl.DataFrame, float] | None:
        """The columns of a batch and the seconds that a row takes; None where `seconds` are too few for it.

        What does not grow with the rows, such as a sort of the tables, is in the time of the first part and of the
        second.
        """
        wanted = replace(self.proposed, features=batch.features)
        first, second, rest = self.parts
        (one, few), (two, more) = _timed(first, wanted), _timed(second, wanted)
        each = max(0.0, more - few) / max(1, two.height - one.height)
        if few + more + each * rest.main.height > seconds:
            return None
        three, last = _timed(rest, wanted)
        return pl.concat([one, two, three]), min(each, last / max(1, three.height))


def _timed(rows: Opened, wanted: Definitions) -> tuple[pl.DataFrame, float]:
    began = time.monotonic()
    return rows.values(wanted), time.monotonic() - began
