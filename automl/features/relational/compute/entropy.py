"""Shannon's entropy of ranges of rows, from integers, which add up to the same in any order."""

from __future__ import annotations

import numpy as np

from automl.features.relational.compute.ranges import Floats, Ints

UNIT = 2.0**-32  # of sums of n ln n in integers: they are exact, and fit for ranges of up to 10^8 rows


def fixed(count: Ints) -> Ints:
    """The n ln n of each count in units of 2^-32: integers add up to the same in any order."""
    some = np.maximum(count, 1).astype(np.float64)
    return np.rint(some * np.log(some) / UNIT).astype(np.int64)


def entropy(length: Ints, total: Ints) -> Floats:
    """Shannon's in nats of ranges of `length` rows, from the `total` of `fixed` of the counts of their values."""
    return (fixed(length) - total) * UNIT / length
