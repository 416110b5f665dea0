"""A metric by groups of rows: what fairness compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import Metric, score

Floats = NDArray[np.float64]
MISSING = "(missing)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The metric on the `rows` rows of a group, None where it is undefined there."""

    name: str
    value: float | None
    rows: int


def by_group(
    metric: Metric, cells: Sequence[object], y: Floats, prediction: Floats, weight: Floats | None = None
) -> tuple[Group, ...]:
    """The metric of `prediction` [n, width] for `y` [n] in each group of `cells` [n], in the order of their names."""
    names = np.array([MISSING if cell is None or cell == "" else str(cell) for cell in cells], dtype=object)
    found = []
    for name in sorted(set(names)):
        rows = np.flatnonzero(names == name)
        value = score(metric, y[rows], prediction[rows], None if weight is None else weight[rows])
        found.append(Group(name=name, value=None if np.isnan(value) else value, rows=len(rows)))
    return tuple(found)
