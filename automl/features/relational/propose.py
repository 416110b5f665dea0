"""Proposes relational features with Featuretools: the only home of featuretools and pandas."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from automl.features.relational.definition import Catalog, Definitions


def propose(catalog: Catalog, samples: Mapping[str, pl.DataFrame], *, limit: int, seed: int) -> Definitions:
    """At most `limit` features of main over the tables of `catalog`, the simplest first.

    `samples` holds rows of each table, main with it, in wire types: enough to see which keys are unique
    and which values are frequent. SpecError for relations that form a circle or whose keys do not fit.
    """
    raise NotImplementedError
