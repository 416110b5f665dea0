"""What the rows of a table are means of, and of how many rows of data: what more rows can be added to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["target", "classes", "distance", "above"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What of a target is averaged.

    ``target`` is the target itself, ``classes`` one of `numbers` for each class, ``distance`` how far it is from the
    one number, ``above`` whether it is above that.
    """

    kind: Kind
    numbers: tuple[float, ...] = ()

    def fits(self, classes: int) -> bool:
        """Whether it has as many numbers as its kind takes, of a target of so many classes (0: a number)."""
        return len(self.numbers) == {"target": 0, "classes": classes, "distance": 1, "above": 1}[self.kind]

    def of(self, y: Floats) -> Floats:
        """The reading of each target [n]; classes are codes 0, 1 ...

        >>> Reading(kind="above", numbers=(2.0,)).of(np.array([1.0, 3.0]))
        array([0., 1.])
        """
        match self.kind:
            case "target":
                return y
            case "classes":
                return np.asarray(self.numbers)[y.astype(np.int64)]
            case "distance":
                return np.asarray(np.abs(y - self.numbers[0]))
            case "above":
                return (y > self.numbers[0]).astype(np.float64)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Means:
    """Each row i of a table as a mean of `rows[i]` rows of data and of a prior that counts as much as `belief` rows."""

    rows: Floats
    belief: float
    of: Reading

    def take(self, places: Ints) -> Means:
        """Those of other rows of the table."""
        return replace(self, rows=self.rows[places])

    def with_rows(self, table: Floats, place: Ints, y: Floats, weight: Floats) -> tuple[Floats, Means]:
        """The `table` [rows of it] and its means once more rows [n] have been counted, each at its `place`.

        A `weight` counts rows.

        >>> means = Means(rows=np.array([3.0, 0.0]), belief=1.0, of=Reading(kind="target"))
        >>> table, more = means.with_rows(np.array([2.0, 5.0]), np.array([0]), np.array([7.0]), np.array([1.0]))
        >>> table, more.rows
        (array([3., 5.]), array([4., 0.]))
        """
        counted = np.bincount(place, weight, len(table))
        sums = np.bincount(place, weight * self.of.of(y), len(table))
        before = self.rows + self.belief
        rows = self.rows + counted
        return np.asarray((before * table + sums) / (before + counted)), replace(self, rows=rows)
