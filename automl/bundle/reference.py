"""Reference rows: which bin each judged row lies in, so that rows at work can be told apart from them by column.

The bins are those of the profile, joined to at most `MOST`, and its frequent levels; so each is shared by many rows,
and no value of a row is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.margins import Margin, codes_of
from automl.ops.bulk import as_floats

BIN = "bin:"  # how evidence.parquet marks them
MOST = 8  # bins of a number, or levels of a category beside the rare ones
MISSING, RARE = -1, -2

Codes = NDArray[np.int64]


def binned(frame: pl.DataFrame, columns: Mapping[str, Margin]) -> pl.DataFrame:
    """The code of each cell [n, d] of read `frame` in the margins of `columns`, each named `BIN` and the column.

    Free text has no bins: of it the code says only whether there is any.
    """
    names = [name for name in columns if name in frame.columns]
    return pl.DataFrame([pl.Series(f"{BIN}{name}", _codes(frame[name], columns[name]), pl.Int8) for name in names])


def _codes(values: pl.Series, margin: Margin) -> Codes:
    if margin.wire == "text":
        return np.where((values == "").to_numpy(), MISSING, 0)
    if margin.wire != "category":
        codes = codes_of(as_floats(values), margin.bins)
        width = 0 if margin.bins is None else len(margin.bins.shares)
        return np.where(codes < 0, MISSING, codes * min(MOST, width) // max(width, 1))
    place = {level: code for code, level in enumerate(list(margin.levels or {})[:MOST])}
    found = values.replace_strict({**place, "": MISSING}, default=RARE, return_dtype=pl.Int64)
    return np.asarray(found.to_numpy())
