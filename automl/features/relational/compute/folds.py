"""What sums, moments and co-moments are made of: the state of one row, and how those of two blocks become one.

Rows of a segment are parted into blocks of two, four, eight ... as in a segment tree. Prefix sums would be simpler, but
lose the digits of small ranges in long tables; blocks keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from automl.features.relational.compute.ranges import Floats
from automl.features.relational.definition import AggregationOp

State = tuple[Floats, ...]
Block = tuple[Any, ...]  # as a State of one column, with numbers for what all rows have alike
SMALLEST = 1e-14  # of the mean: a spread below is rounding; of a spread: an asymmetry below is none
FOLDED: Mapping[AggregationOp, str] = {
    "sum": "sums",
    "mean": "sums",
    "percent_true": "sums",
    "std": "moments",
    "skew": "moments",
    "min": "extremes",
    "max": "extremes",
    "trend": "comoments",
}
"""The fold that each aggregation is made of."""


class Fold(NamedTuple):
    """`leaves` makes the state of each row from values [n, c] or [n], times [n]; `merge` puts two blocks together.

    `plain` makes the same leaves, as a `Block`, where no value is missing.
    `merge` has only operators in it: on plain floats it does what numpy does on arrays, to the bit.
    """

    leaves: Callable[[Floats, Floats], State]
    plain: Callable[[Floats, Floats], Block]
    merge: Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]
    empty: tuple[float, ...]


class Blocks(NamedTuple):
    """The blocks of one of several columns of a segment, of one row, two, four ...

    A part of `levels` is a number where all blocks have the same, else it has the blocks of each column one after the
    other: `rows` >> level for a column, of which it is the one at `place`.
    """

    levels: Sequence[Block]
    rows: int
    place: int

    def can_grow(self, *, plain: bool) -> bool:
        """Whether rows can be added: a column that stands alone, and further values as whole as its own."""
        first = self.levels[0]
        return isinstance(first[0], float) == plain and len(first[1]) == self.rows

    def state(self, level: int, block: int) -> list[float]:
        """That of a block."""
        at = self.place * (self.rows >> level) + block
        return [part if isinstance(part, float) else part.item(at) for part in self.levels[level]]


@np.errstate(over="ignore", invalid="ignore")
def blocks(fold: Fold, values: Sequence[Floats], time: Floats, before: Blocks | None = None) -> list[Blocks]:
    """The blocks of columns [n] with times [n]; of several only if all of them, or none, have a value missing.

    Several short columns cost little more than one, as they are folded in one piece, of zeros up to a power of two.
    `before` are those of the first rows of a single column: if they can, they stay, and only what the other rows add is
    merged.
    """
    n = len(time)
    rows = n if len(values) == 1 else 1 << max(n - 1, 0).bit_length()
    column, when = values[0], time
    if len(values) > 1:
        column, when = (_end_to_end(each, n, rows) for each in (values, [time] * len(values)))
    plain = not np.isnan(column).any()
    held = before.levels if before is not None and before.can_grow(plain=plain) else ()
    known, count = len(held[0][1]) if held else 0, len(column)
    new = (fold.plain if plain else fold.leaves)(column[known:], when[known:])
    levels: list[Block] = []
    while True:
        old = held[len(levels)] if len(levels) < len(held) else None
        levels.append(new if old is None else tuple(map(_added, old, new)))
        known, count = known >> 1, count >> 1
        if not count or rows >> len(levels) == 0:
            return [Blocks(levels, rows, place) for place in range(len(values))]
        left, right = ([_every_second(part, 2 * known + side, 2 * count) for part in levels[-1]] for side in (0, 1))
        new = fold.merge(left, right)


def spans(low: int, high: int) -> list[tuple[int, int]]:
    """The (level, block)s that make up the rows `low` to `high - 1` of a segment, in the order they are merged."""
    found = []
    level = 0
    while low < high:
        if low & 1:
            found.append((level, low))
            low += 1
        if high & 1 and low < high:
            found.append((level, high - 1))
        low, high, level = low >> 1, high >> 1, level + 1
    return found


def _end_to_end(columns: Sequence[Floats], n: int, rows: int) -> Floats:
    """Columns [n] one after the other, each with zeros up to so many rows."""
    together = np.zeros((len(columns), rows))
    together[:, :n] = columns
    return together.ravel()


def _added(held: Any, new: Any) -> Any:
    return held if isinstance(held, float) else np.concatenate([held, new])


def _every_second(part: Any, first: int, end: int) -> Any:
    return part if isinstance(part, float) else part[first:end:2]


def _sum_leaves(values: Floats, _time: Floats) -> State:
    there = ~np.isnan(values)
    return there.astype(np.float64), np.where(there, values, 0.0)


def _moment_leaves(values: Floats, time: Floats) -> State:
    nothing = np.zeros_like(values)
    return (*_sum_leaves(values, time), nothing, nothing)


def _comoment_leaves(values: Floats, time: Floats) -> State:
    there = ~np.isnan(values)
    nothing = np.zeros_like(values)
    x = np.where(there, time if values.ndim == 1 else time[:, None], 0.0)
    return there.astype(np.float64), x, np.where(there, values, 0.0), nothing, nothing


def _plain_sums(values: Floats, _time: Floats) -> Block:
    return 1.0, values


def _plain_moments(values: Floats, _time: Floats) -> Block:
    return 1.0, values, 0.0, 0.0


def _plain_comoments(values: Floats, time: Floats) -> Block:
    return 1.0, time, values, 0.0, 0.0


def _add(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    return a[0] + b[0], a[1] + b[1]


def _merge_moments(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    na, mean, square_a, cube_a = a
    nb, other, square_b, cube_b = b
    n = na + nb
    share = nb / (n + (n == 0))
    delta = other - mean
    step = delta * share
    square = delta * step * na
    m2 = square_a + square_b + square
    m3 = cube_a + cube_b + square * delta * (1.0 - 2.0 * share)
    return n, mean + step, m2, m3 + 3.0 * (delta * (1.0 - share) * square_b - step * square_a)


def _merge_comoments(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    na, xa, ya, xxa, xya = a
    nb, xb, yb, xxb, xyb = b
    n = na + nb
    share = nb / (n + (n == 0))
    dx, dy = xb - xa, yb - ya
    weight = na * share
    return n, xa + dx * share, ya + dy * share, xxa + xxb + dx * dx * weight, xya + xyb + dx * dy * weight


SUMS = Fold(_sum_leaves, _plain_sums, _add, (0.0, 0.0))
MOMENTS = Fold(_moment_leaves, _plain_moments, _merge_moments, (0.0, 0.0, 0.0, 0.0))
COMOMENTS = Fold(_comoment_leaves, _plain_comoments, _merge_comoments, (0.0, 0.0, 0.0, 0.0, 0.0))
