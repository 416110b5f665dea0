"""Sums, moments and extremes over many ranges of rows, from blocks of two, four, eight ... rows.

Each range is cut into blocks that are aligned to the first row of its segment (all rows of one key), as in a
segment tree, level by level. Prefix sums would be simpler, but lose the digits of small ranges in long tables;
blocks keep them. What comes out depends on the rows of the segment alone: many rows at once, in parts, or one
row alone give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
State = tuple[Floats, ...]


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


def sums(values: Floats, ranges: Ranges) -> State:
    """(number of values [r, c], their sum [r, c]) of `values` [n, c] with NaN missing."""
    there = ~np.isnan(values)
    return _fold((there.astype(np.float64), np.where(there, values, 0.0)), _add, (0.0, 0.0), ranges)


def extremes(values: Floats, ranges: Ranges) -> State:
    """(smallest, largest) of `values` [n, c], NaN where there are none."""
    return _fold((values, values), _extreme, (np.nan, np.nan), ranges)


def moments(values: Floats, ranges: Ranges) -> State:
    """(n, mean, M2, M3): sums of squared and cubed differences to the mean.

    Merged as in Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
    statistical moments", Sandia report SAND2008-6212 (2008).
    """
    there = ~np.isnan(values)
    nothing = np.zeros_like(values)
    leaves = (there.astype(np.float64), np.where(there, values, 0.0), nothing, nothing)
    return _fold(leaves, _merge_moments, (0.0, 0.0, 0.0, 0.0), ranges)


def comoments(x: Floats, values: Floats, ranges: Ranges) -> State:
    """(n, mean of x, mean of y, Mxx, Mxy) over the rows whose y in `values` [n, c] is not NaN; x is [n]."""
    there = ~np.isnan(values)
    nothing = np.zeros_like(values)
    leaves = (there.astype(np.float64), np.where(there, x[:, None], 0.0), np.where(there, values, 0.0), nothing)
    return _fold((*leaves, nothing), _merge_comoments, (0.0,) * 5, ranges)


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


def _add(a: State, b: State) -> State:
    return tuple(left + right for left, right in zip(a, b, strict=True))


def _extreme(a: State, b: State) -> State:
    return np.fmin(a[0], b[0]), np.fmax(a[1], b[1])


def _merge_moments(a: State, b: State) -> State:
    na, nb = a[0], b[0]
    n = na + nb
    share = nb / np.maximum(n, 1.0)
    delta = b[1] - a[1]
    step = delta * share
    square = delta * step * na
    m2 = a[2] + b[2] + square
    m3 = a[3] + b[3] + square * delta * (1.0 - 2.0 * share) + 3.0 * (step * -a[2] + delta * (1.0 - share) * b[2])
    return n, a[1] + step, m2, m3


def _merge_comoments(a: State, b: State) -> State:
    na, nb = a[0], b[0]
    n = na + nb
    share = nb / np.maximum(n, 1.0)
    dx, dy = b[1] - a[1], b[2] - a[2]
    weight = na * share
    return n, a[1] + dx * share, a[2] + dy * share, a[3] + b[3] + dx * dx * weight, a[4] + b[4] + dx * dy * weight
