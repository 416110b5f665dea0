"""Neighbouring ranges of numbers that hold about as many rows each, also where most rows have one value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def ranges(counts: Ints, most: int) -> list[tuple[int, int]]:
    """The first and the last place of at most `most` ranges, of values in their order that come `counts` [k] times.

    Each takes its part of the rows that are left; a value that has as many alone, as zero often has, stands alone.

    >>> ranges(np.array([1, 1, 90, 3, 2, 3]), 4)
    [(0, 1), (2, 2), (3, 4), (5, 5)]
    """
    ends, found, first = counts.cumsum(), list[tuple[int, int]](), 0
    while first < counts.size:
        left, done = most - len(found), int(ends[first] - counts[first])
        part = (ends[-1] - done) / left
        last = int(np.searchsorted(ends, done + part)) if left > 1 else counts.size - 1
        last -= int(last > first and left > 1 and counts[last] >= part)
        found.append((first, last))
        first = last + 1
    return found
