"""Sums, moments and extremes over many ranges of rows, from blocks of two, four, eight ... rows.

Each range is cut into blocks that are aligned to the first row of its segment (all rows of one key), as in a
segment tree, level by level. Prefix sums would be simpler, but lose the digits of small ranges in long tables;
blocks keep them. What comes out depends on the rows of the segment alone: many rows at once, in parts, or one
row alone give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
State = tuple[Floats, ...]
Block = tuple[Any, ...]  # as a State of one column, with numbers for what all rows have alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Rows in segments, and ranges within them.

    `offsets` [g + 1] are where segments begin in the rows; range i [r] covers the rows `start[i]` to `end[i] - 1`,
    which lie in `segment[i]`; an empty range has `start == end` and any segment.
    """

    offsets: Ints
    segment: Ints
    start: Ints
    end: Ints

    @property
    def length(self) -> Ints:
        """The number of rows in each range."""
        return self.end - self.start

    def distinct(self) -> tuple[Ranges, Ints]:
        """Each range once, in order of starts and ends, all empty ones as one; and for each range which it is."""
        some = self.length > 0
        start, end, segment = (np.where(some, each, 0) for each in (self.start, self.end, self.segment))
        pair = start * (end.max(initial=0) + 1) + end
        order = np.argsort(pair, kind="stable")  # requests in order of their cutoffs are merged, window by window
        new = np.diff(pair[order], prepend=-1) != 0
        which = np.empty_like(order)
        which[order] = np.cumsum(new) - 1
        first = order[new]
        return Ranges(offsets=self.offsets, segment=segment[first], start=start[first], end=end[first]), which


@dataclass(frozen=True, slots=True)
class Fold:
    """`leaves` makes the state of each row from values [n, c] or [n], times [n]; `merge` puts two blocks together.

    `plain` makes the same leaves, as a `Block`, where no value is missing.
    `merge` has only operators in it: on plain floats it does what numpy does on arrays, to the bit.
    """

    leaves: Callable[[Floats, Floats], State]
    plain: Callable[[Floats, Floats], Block]
    merge: Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]
    empty: tuple[float, ...]


def sums(values: Floats, ranges: Ranges) -> State:
    """(number of values [r, c], their sum [r, c]) of `values` [n, c] with NaN missing."""
    return _folded(SUMS, values, _NO_TIME, ranges)


def extremes(values: Floats, ranges: Ranges) -> State:
    """(smallest, largest) of `values` [n, c], NaN where there are none."""
    return _fold((values, values), _extreme, (np.nan, np.nan), ranges)


def moments(values: Floats, ranges: Ranges) -> State:
    """(n, mean, M2, M3): sums of squared and cubed differences to the mean.

    Merged as in Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
    statistical moments", Sandia report SAND2008-6212 (2008).
    """
    return _folded(MOMENTS, values, _NO_TIME, ranges)


def comoments(x: Floats, values: Floats, ranges: Ranges) -> State:
    """(n, mean of x, mean of y, Mxx, Mxy) over the rows whose y in `values` [n, c] is not NaN; x is [n]."""
    return _folded(COMOMENTS, values, x, ranges)


@dataclass(frozen=True, slots=True)
class Blocks:
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


def _folded(fold: Fold, values: Floats, time: Floats, ranges: Ranges) -> State:
    return _fold(fold.leaves(values, time), fold.merge, fold.empty, ranges)


@np.errstate(over="ignore", invalid="ignore")  # what is too large becomes infinite, which is no reason to warn
def _fold(leaves: State, merge: Callable[[State, State], State], empty: tuple[float, ...], ranges: Ranges) -> State:
    width = leaves[0].shape[1]
    state = tuple(np.full((len(ranges.start), width), value) for value in empty)
    active = np.flatnonzero(ranges.end > ranges.start)
    segment = ranges.segment[active]
    base = ranges.offsets[segment]
    low, high = ranges.start[active] - base, ranges.end[active] - base
    level, offsets = leaves, ranges.offsets
    while active.size:
        odd = np.flatnonzero(low & 1)
        _take(state, active[odd], level, base[odd] + low[odd], merge)
        low = low + (low & 1)
        odd = np.flatnonzero(high & 1)
        odd = odd[low[odd] < high[odd]]
        _take(state, active[odd], level, base[odd] + high[odd] - 1, merge)
        low, high = low >> 1, high >> 1
        keep = np.flatnonzero(low < high)
        if not keep.size:
            break
        active, segment, low, high = active[keep], segment[keep], low[keep], high[keep]
        level, offsets = _next_level(level, offsets, merge)
        base = offsets[segment]
    return state


def _take(state: State, rows: Ints, level: State, blocks: Ints, merge: Callable[[State, State], State]) -> None:
    if not rows.size:
        return
    merged = merge(tuple(values[rows] for values in state), tuple(values[blocks] for values in level))
    for values, new in zip(state, merged, strict=True):
        values[rows] = new


def _next_level(level: State, offsets: Ints, merge: Callable[[State, State], State]) -> tuple[State, Ints]:
    """Pairs of blocks merged; an odd last block is never part of a larger one."""
    count = np.diff(offsets) >> 1
    new = np.concatenate([[0], np.cumsum(count)])
    left = 2 * np.arange(new[-1]) + np.repeat(offsets[:-1] - 2 * new[:-1], count)
    return merge(tuple(v[left] for v in level), tuple(v[left + 1] for v in level)), new


def _extreme(a: State, b: State) -> State:
    return np.fmin(a[0], b[0]), np.fmax(a[1], b[1])


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


_NO_TIME = np.zeros(0)
SUMS = Fold(_sum_leaves, _plain_sums, _add, (0.0, 0.0))
MOMENTS = Fold(_moment_leaves, _plain_moments, _merge_moments, (0.0, 0.0, 0.0, 0.0))
COMOMENTS = Fold(_comoment_leaves, _plain_comoments, _merge_comoments, (0.0, 0.0, 0.0, 0.0, 0.0))
