"""Computes relational features for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from automl.features.relational.definition import Definitions


def run(
    definitions: Definitions, main: pl.DataFrame, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]
) -> pl.DataFrame:
    """The features of each row of `main`, in its order: Float64 with NaN or String with ``""``, a column each.

    All frames are in wire types and hold `definitions.needs()`; `tables["main"]` has main's own past rows
    where `definitions.history` says so. A row of `tables` counts only strictly before the cutoff of the row of `main`.
    """
    raise NotImplementedError
