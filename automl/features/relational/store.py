"""Relational features of one row, from child rows that are held in memory, ready to be found by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from automl.features.relational.definition import Definitions


@dataclass(frozen=True, slots=True)
class Store:
    """The rows of all tables, sorted by key and time."""

    definitions: Definitions

    @classmethod
    def of(cls, definitions: Definitions, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> Store:
        """Takes tables as `run.run` does, and sorts them once."""
        raise NotImplementedError

    def features(self, row: Mapping[str, float | str]) -> dict[str, float | str]:
        """The features of one row of main (read: numbers with NaN, texts with ``""``), equal to `run.run`."""
        raise NotImplementedError
