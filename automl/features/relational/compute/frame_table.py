"""A table as a frame: where there are many rows, polars finds their keys."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from automl.features.relational.compute.plain_table import PlainTable
from automl.features.relational.compute.ranges import Ints
from automl.features.relational.compute.table import Entered, Met
from automl.features.relational.compute.transform import date_part
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import Catalog, DatePart, Hop


class FrameKeys(NamedTuple):
    """The distinct keys of a table, numbered: columns `0`, `1`, ... and `key`."""

    frame: pl.DataFrame

    def of(self, columns: list[pl.Series]) -> Ints:
        """The number of each row's key, -1 where it is missing or unknown."""
        asked = pl.DataFrame([column.alias(str(i)) for i, column in enumerate(columns)])
        on = asked.columns
        return asked.join(self.frame, on=on, how="left", maintain_order="left")["key"].fill_null(-1).to_numpy()

    def numbers(self) -> Mapping[Hashable, int]:
        """The number of each key: of a single column by its value, of several by the tuple of them."""
        columns = [column.to_list() for column in self.frame.drop("key").iter_columns()]
        keys = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
        return dict(zip(keys, self.frame["key"].to_list(), strict=True))

    @property
    def size(self) -> int:
        """How many there are."""
        return self.frame.height


class FrameTable(NamedTuple):
    """Columns of Float64 with NaN, or of String with ``""``."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.frame.height

    def column(self, name: str) -> Values:
        """Numbers as they are, texts as codes."""
        return values_of(self.frame[name])

    def texts(self, name: str) -> pl.Series | None:
        """A whole column of texts as they are; None of a column of numbers."""
        series = self.frame[name]
        return series if series.dtype == pl.String else None

    def keys(self, hop: Hop, catalog: Catalog) -> list[pl.Series]:
        """The columns that are compared, here."""
        return [self._key(one.part, one.here, catalog) for one in hop.compared]

    def entered(self, hop: Hop, catalog: Catalog) -> Entered:
        """Keys are numbered in the order in which they come."""
        there, on = self._there(hop, catalog)
        keys = there.select(on).unique(maintain_order=True).with_columns(key=pl.int_range(pl.len(), dtype=pl.Int64))
        key = there.select(on).join(keys, on=on, how="left", maintain_order="left")["key"]
        return Entered(FrameKeys(keys), key.to_numpy(), there["row"].to_numpy(), there["known"].to_numpy())

    def met(self, hop: Hop, catalog: Catalog, asked: list[pl.Series], rows: Ints) -> tuple[Ints, Met]:
        """By a join."""
        there, on = self._there(hop, catalog)
        keys = [key[rows].alias(name) for key, name in zip(asked, on, strict=True)]
        owners = pl.DataFrame([*keys, pl.Series("owner", np.arange(len(rows)))])
        pairs = owners.join(there, on=on)
        return pairs["owner"].to_numpy(), Met(pairs["row"].to_numpy(), pairs["known"].to_numpy())

    def _there(self, hop: Hop, catalog: Catalog) -> tuple[pl.DataFrame, list[str]]:
        """The rows with a key and a time: key columns `0`, `1`, ..., `row` and `known`; and the names of the first."""
        time = catalog.table(hop.table).time
        known = pl.lit(-math.inf) if time is None else pl.col(time) + hop.delay
        keys = [self._key(one.part, one.there, catalog).alias(str(i)) for i, one in enumerate(hop.compared)]
        frame = self.frame.select(*keys, row=pl.int_range(pl.len(), dtype=pl.Int64), known=known)
        return frame.filter(pl.col("known").is_not_nan(), *map(_is_there, keys)), [key.name for key in keys]

    def with_rows(self, more: FrameTable) -> FrameTable:
        """These rows and then those."""
        return FrameTable(pl.concat([self.frame, more.frame]))

    def _key(self, part: DatePart | None, name: str, catalog: Catalog) -> pl.Series:
        column = self.frame[name]
        return column if part is None else pl.Series(date_part(part, column.to_numpy(), catalog.timezone))


def framed(frames: Mapping[str, pl.DataFrame]) -> dict[str, FrameTable]:
    """Frames in wire types as tables."""
    return {name: FrameTable(frame) for name, frame in frames.items()}


def plain(frame: pl.DataFrame) -> PlainTable:
    """A frame in wire types as plain columns."""
    columns = {column.name: column.to_list() if column.dtype == pl.String else column.to_numpy() for column in frame}
    return PlainTable(columns)


def values_of(series: pl.Series) -> Values:
    """A column in wire types."""
    if series.dtype != pl.String:
        return Values(series.to_numpy())
    levels = series.unique().sort()
    levels = levels.filter(levels != "")
    codes = series.cast(pl.Enum(levels), strict=False).to_physical()
    return Values(codes.cast(pl.Float64).fill_null(np.nan).to_numpy(), levels)


def series_of(name: str, values: Values) -> pl.Series:
    """The column in wire types."""
    if values.levels is None:
        return pl.Series(name, values.data)
    levels = values.levels if isinstance(values.levels, pl.Series) else pl.Series(values.levels, dtype=pl.String)
    codes = pl.Series(values.data, nan_to_null=True).cast(pl.UInt32)
    return levels.gather(codes).fill_null("").alias(name)


def _is_there(key: pl.Series) -> pl.Series:
    return key != "" if key.dtype == pl.String else key.is_not_nan()
