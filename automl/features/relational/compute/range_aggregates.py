"""Sums, moments and extremes over many ranges of rows, from blocks of two, four, eight ... rows (see `folds`).

Each range is cut into blocks that are aligned to the first row of its segment (all rows of one key), level by level.
What comes out depends on the rows of the segment alone: many rows at once, in parts, or one row alone give the same
bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from automl.features.relational.compute.folds import COMOMENTS, MOMENTS, SUMS, Fold, State
from automl.features.relational.compute.ranges import Floats, Ints, Ranges

_NO_TIME = np.zeros(0)


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
