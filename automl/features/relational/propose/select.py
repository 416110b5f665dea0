"""Drops proposed features that tell nothing on the rows at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from automl.data.read.frames import counted
from automl.features.relational.compute.run import Opened
from automl.features.relational.definition import MAIN, Definitions, RelationalFeature
from automl.features.relational.propose.candidates import is_simple

ROWS = 2_000  # of main, at most
SAME = 0.995  # share of rows with one value that makes a feature a constant
AT_ONCE = 32  # features; between them the clock is looked at
SIMPLE = 0.6  # of the features, at most, that are simple: the others would never be looked at


def select(
    definitions: Definitions,
    samples: Mapping[str, pl.DataFrame],
    *,
    limit: int,
    seed: int,
    late: Callable[[], bool] = lambda: False,
) -> Definitions:
    """At most `limit` features that are neither constant nor a copy of an earlier one on a sample of main.

    The simple ones come first (see `is_simple`), then the first of the others. No more are looked at once it is `late`.
    """
    main = samples[MAIN]
    if main.height > ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(main.height, ROWS, replace=False))
        main = main[chosen]
    opened = Opened.of(definitions, main, samples)
    kept: dict[bytes, RelationalFeature] = {}
    simple = [feature for feature in definitions.features if is_simple(feature.expr)]
    others = [feature for feature in definitions.features if not is_simple(feature.expr)]
    for features, most in ((simple, round(SIMPLE * limit) if others else limit), (others, limit)):
        for begin in range(0, len(features), AT_ONCE):
            if len(kept) >= most or (kept and late()):
                break
            part = features[begin : begin + AT_ONCE]
            values = opened.values(replace(definitions, features=tuple(part)))
            for feature in part:
                column = values[feature.name]
                if len(kept) < most and not _constant(column):
                    kept.setdefault(_content(column), feature)
    return replace(definitions, features=tuple(kept.values()))


def _constant(column: pl.Series) -> bool:
    most = counted(column)["count"].max()
    return isinstance(most, int) and most >= SAME * len(column)


def _content(column: pl.Series) -> bytes:
    """Equal columns have equal content, numbers of any order of summation, too."""
    if column.dtype == pl.String:
        return "\0".join(column).encode()
    return column.round_sig_figs(9).to_numpy().tobytes()
