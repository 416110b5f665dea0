"""A metric by groups of rows: what fairness compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import Metric, score

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MISSING = "(missing)"
FEWEST = 30  # rows of a group: with fewer the metric is luck


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The metric on the `rows` rows of a group, None where it is undefined there."""

    name: str
    value: float | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far apart a metric is between the groups in which it is the lowest and the highest."""

    low: Group
    high: Group

    @property
    def size(self) -> float:
        """The difference."""
        return (self.high.value or 0.0) - (self.low.value or 0.0)

    def told(self, column: str, metric: str) -> str:
        """The difference in words, with both groups."""
        ends = f"{self.high.name} {self.high.value:.3g}, {self.low.name} {self.low.value:.3g}"
        return f"{metric} by {column} differs by {self.size:.3g} ({ends})"


def by_group(
    metric: Metric, cells: Sequence[object], y: Floats, prediction: Floats, weight: Floats | None = None
) -> tuple[Group, ...]:
    """The metric of `prediction` [n, width] for `y` [n] in each group of `cells` [n], in the order of their names."""
    found = []
    for name, rows in places(cells):
        value = score(metric, y[rows], prediction[rows], None if weight is None else weight[rows])
        found.append(Group(name=name, value=None if np.isnan(value) else value, rows=len(rows)))
    return tuple(found)


def places(cells: Sequence[object]) -> Iterator[tuple[str, Ints]]:
    """The groups of `cells` [n] by name, and the rows of each."""
    names = np.array([MISSING if cell is None or cell == "" else str(cell) for cell in cells], dtype=object)
    yield from ((name, np.flatnonzero(names == name)) for name in sorted(set(names)))


def judged(metric: Metric, prediction: Floats, acts: Floats | None) -> Floats:
    """What the metric looks at: whether rows of two labels were acted on [n] where it asks that, else `prediction`."""
    return prediction if acts is None or metric.needs != "decision" else acts[:, None]


def gap_of(groups: Sequence[Group]) -> Gap | None:
    """The gap between groups with `FEWEST` rows in which the metric has a value; None for fewer than two of them."""
    told = [group for group in groups if group.value is not None and group.rows >= FEWEST]
    if len(told) < 2:  # noqa: PLR2004  # one group has nobody to differ from
        return None
    return Gap(low=min(told, key=_value), high=max(told, key=_value))


def _value(group: Group) -> float:
    return group.value or 0.0
