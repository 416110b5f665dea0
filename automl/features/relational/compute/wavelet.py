"""The k-th smallest of many ranges of rows at once, by a wavelet matrix that is never kept whole."""

from __future__ import annotations

import numpy as np

from automl.features.relational.compute.ranges import Ints


def kth_smallest(rank: Ints, start: Ints, end: Ints, k: Ints) -> Ints:
    """For each i [q] the `k[i]`-th (from 0) smallest of the non-negative `rank` [n] in [start[i], end[i]).

    From the highest bit down the rows are parted by it, zeros before ones, and each question follows its side
    (Claude, Navarro and Ordóñez, "The wavelet matrix", Information Systems 47, 2015): O((n + q) log(max rank)) time,
    O(n + q) memory.
    """
    found = np.zeros(len(k), dtype=np.int64)
    for bit in reversed(range(int(rank.max(initial=0)).bit_length())):
        one = (rank >> bit & 1).astype(np.bool_)
        zeros = np.concatenate([[0], np.cumsum(~one)])
        first, last = zeros[start], zeros[end]
        right = k >= last - first
        k = np.where(right, k - (last - first), k)
        start = np.where(right, zeros[-1] + start - first, first)
        end = np.where(right, zeros[-1] + end - last, last)
        found |= right.astype(np.int64) << bit
        rank = np.concatenate([rank[~one], rank[one]])
    return found
