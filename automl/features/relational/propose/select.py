"""Drops proposed features that tell nothing on the rows at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from automl.data.read.frames import counted
from automl.features.relational.compute.run import run
from automl.features.relational.definition import MAIN, Definitions, RelationalFeature

ROWS = 2_000  # of main, at most
SAME = 0.995  # share of rows with one value that makes a feature a constant
AT_ONCE = 256  # features


def select(definitions: Definitions, samples: Mapping[str, pl.DataFrame], *, limit: int, seed: int) -> Definitions:
    """The first `limit` features that are neither constant nor a copy of an earlier one on a sample of main."""
    main = samples[MAIN]
    if main.height > ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(main.height, ROWS, replace=False))
        main = main[chosen]
    kept: dict[bytes, RelationalFeature] = {}
    for begin in range(0, len(definitions.features), AT_ONCE):
        part = definitions.features[begin : begin + AT_ONCE]
        values = run(replace(definitions, features=part), main, samples)
        for feature in part:
            column = values[feature.name]
            if len(kept) < limit and not _constant(column):
                kept.setdefault(_content(column), feature)
        if len(kept) == limit:
            break
    return replace(definitions, features=tuple(kept.values()))


def _constant(column: pl.Series) -> bool:
    most = counted(column)["count"].max()
    return isinstance(most, int) and most >= SAME * len(column)


def _content(column: pl.Series) -> bytes:
    """Equal columns have equal content, numbers of any order of summation, too."""
    if column.dtype == pl.String:
        return "\0".join(column).encode()
    return column.round_sig_figs(9).to_numpy().tobytes()
