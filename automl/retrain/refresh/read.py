"""How graphs read the rows that are learned from: all rows one graph, or each fold one that has not counted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.graph.part import leaves_of, values_of
from automl.graph.stages import Graph, Trees
from automl.ops.expr import Dtype

Ints = NDArray[np.int64]


class Part(NamedTuple):
    """Some rows, by their places in ascending order, and the graph that reads them."""

    graph: Graph
    rows: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The rows `frame` [n], each in one of the `parts`, whose graphs have the same nodes."""

    parts: tuple[Part, ...]
    frame: pl.DataFrame

    @classmethod
    def by(cls, graph: Graph, frame: pl.DataFrame) -> Read:
        """All rows by one graph."""
        return cls(parts=(Part(graph, np.arange(frame.height)),), frame=frame)

    def values(self, names: Mapping[str, Dtype]) -> dict[str, NDArray[Any]]:
        """The inner values of these names [n, width]."""
        found = [values_of(graph, names, self._frame(rows)) for graph, rows in self.parts]
        return {name: self._in_order([one[name] for one in found], axis=0) for name in names}

    def leaves(self, trees: Trees) -> tuple[list[Ints], NDArray[np.uint16]]:
        """The leaves of each tree, and which of them each row is in [trees, n]: see `leaves_of`."""
        found = [leaves_of(graph, trees, self._frame(rows)) for graph, rows in self.parts]
        return found[0][0], self._in_order([codes for _, codes in found], axis=1)

    def _frame(self, rows: Ints) -> pl.DataFrame:
        return self.frame if len(self.parts) == 1 else self.frame[rows]

    def _in_order(self, found: list[NDArray[Any]], *, axis: int) -> NDArray[Any]:
        if len(found) == 1:
            return found[0]
        back = np.argsort(np.concatenate([part.rows for part in self.parts]))
        return np.concatenate(found, axis=axis).take(back, axis=axis)
