"""A share of the rows of a table that is too large for the memory (D16)."""

from __future__ import annotations

import polars as pl

from automl.names import free_name

GOLDEN = 2_654_435_769  # 2^32 by the golden ratio (Knuth, volume 3, 6.4)


def sample_rows(scan: pl.LazyFrame, share: float) -> pl.DataFrame:
    """A `share` of the rows in their order, spread evenly whatever their period: by multiples of the golden ratio."""
    own = free_name("row", scan.collect_schema().names())
    place = (pl.col(own).cast(pl.UInt64) * GOLDEN) % (1 << 32)
    picked = scan.with_row_index(own).filter(place < int(share * (1 << 32))).drop(own)
    return picked.collect(engine="streaming")
