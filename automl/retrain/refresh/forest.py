"""New leaf values of forests: in each tree, and for itself, the mean of a leaf's new rows, drawn to the old value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEEP = np.inf
PRIORS = (KEEP, 100.0, 20.0, 5.0, 1.0)
"""How many rows the old value of a leaf stands for; with infinitely many it stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The leaves of all trees in one table: row i is in leaf `codes[t, i]` of tree t.

    The raw score is `base` [width] plus the sum over the trees of the rows of `table` [leaves, width].
    """

    codes: NDArray[np.int32]  # [trees, n]
    table: Floats
    base: Floats

    def wanted(self, y: Floats) -> Floats:
        """What each tree should give for targets `y` [n, width]: their equal shares of it."""
        return np.asarray((y - self.base) / len(self.codes))

    def means(self, wanted: Floats, weight: Floats, prior: float, rows: Ints) -> Floats:
        """The new table, of the old one and of these `rows`: (prior * old + sum of new) / (prior + new)."""
        if np.isinf(prior):
            return self.table
        leaves, weight, columns = len(self.table), weight[rows], wanted[rows].T * weight[rows]
        counts, sums = np.zeros(leaves), np.zeros_like(self.table)
        for codes in self.codes[:, rows]:
            counts += np.bincount(codes, weight, leaves)
            for place, column in enumerate(columns):
                sums[:, place] += np.bincount(codes, column, leaves)
        return np.asarray((prior * self.table + sums) / (prior + counts)[:, None])

    def scores(self, table: Floats, rows: Ints) -> Floats:
        """The raw scores [len(rows), width] with another table."""
        total = np.tile(self.base, (len(rows), 1))
        for codes in self.codes[:, rows]:
            total += table[codes]
        return total
