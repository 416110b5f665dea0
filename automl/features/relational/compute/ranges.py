"""Which rows are looked at together: segments of all rows of one key, and ranges within them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BYTES = 0xFFFF  # two of them, which numpy sorts by counting


class Ranges(NamedTuple):
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


def expand(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """(the range, the row) of each row in each range, range by range."""
    length = end - start
    owner = np.repeat(np.arange(len(start)), length)
    first = np.cumsum(length) - length
    return owner, np.arange(len(owner)) + np.repeat(start - first, length)


def by_number(numbers: Ints) -> Ints:
    """The order of whole numbers [n] from 0 on, equal ones as they come: two bytes at a time, which takes O(n)."""
    order = np.argsort((numbers & BYTES).astype(np.uint16), kind="stable")
    high = numbers >> BYTES.bit_length()
    while high.any():
        order = order[np.argsort((high & BYTES).astype(np.uint16)[order], kind="stable")]
        high >>= BYTES.bit_length()
    return order
