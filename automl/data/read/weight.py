"""What rows take in memory, counted in cells and in bytes of text, and parts of a table that are bounded in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

INLINE = 12  # bytes of a text that a cell of polars holds itself; a longer one lies apart
PART = 1 << 26  # bytes of a part of a table that is read by itself
CELL = 16  # bytes of a cell of polars at most
FIRST = 2_048  # rows of the first part, which shows how long texts are
TEXTS = (pl.String, pl.Categorical, pl.Enum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much a table is: its rows and columns, and the bytes of its long texts, each time they stand there."""

    rows: int = 0
    columns: int = 0
    text: int = 0

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns


def extent_of(frame: pl.DataFrame) -> Extent:
    """How much a frame is, exactly: a text that stands in a dictionary counts in every row, for reading copies it."""
    return Extent(rows=frame.height, columns=frame.width, text=sum(map(_long_bytes, frame)))


def added(extents: Sequence[Extent]) -> Extent:
    """How much tables are that are put below one another."""
    columns = max((extent.columns for extent in extents), default=0)
    return Extent(rows=sum(e.rows for e in extents), columns=columns, text=sum(e.text for e in extents))


def slices(
    scan: pl.LazyFrame, rows: int | None = None, *, within: tuple[int, int] | None = None
) -> Iterator[pl.DataFrame]:
    """The rows in their order, at most `rows` at a time and some `PART` bytes; at least one frame.

    `within` are the first row and the number of those that are asked for, where that is not all of them.
    """
    schema = scan.collect_schema()
    start, height = within or (0, int(scan.select(pl.len()).collect().item()))
    most = max(1, min(rows or height, PART // (CELL * max(1, len(schema)))))
    step = min(FIRST, most) if not all(map(_is_fixed, schema.dtypes())) else most
    at = 0
    while at < max(height, 1):
        frame = scan.slice(start + at, min(step, max(height - at, 0))).collect()
        yield frame
        at += step
        step = min(most, 2 * step, max(1, PART // max(1, extent_of(frame).text // max(frame.height, 1))))


def _long_bytes(column: pl.Series) -> int:
    if isinstance(column.dtype, TEXTS):
        size = column.cast(pl.String).str.len_bytes()
        return int(size.filter(size > INLINE).sum())
    return 0 if _is_fixed(column.dtype) or column.dtype == pl.Object else int(column.estimated_size())


def _is_fixed(dtype: pl.DataType) -> bool:
    """Whether each value of a column takes as many bytes as any other."""
    return dtype.is_numeric() or dtype.is_temporal() or dtype in (pl.Boolean, pl.Null)
