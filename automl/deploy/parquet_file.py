"""Scored rows as one parquet file, whose bytes do not tell in what chunks the rows were scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

import polars as pl

ROWS = 1 << 20  # of a row group, but the last one


def write_parquet(out: IO[bytes], frames: Iterable[pl.DataFrame]) -> None:
    """Write frames of one schema, at least one, below one another."""
    import pyarrow.parquet as pq

    oldest = pl.CompatLevel.oldest()
    writer: pq.ParquetWriter | None = None
    for group in _groups(frames):
        table = group.to_arrow(compat_level=oldest)
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd", write_page_checksum=True)
        writer.write_table(table, row_group_size=ROWS)
    if writer is not None:
        writer.close()


def _groups(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows, `ROWS` at a time: pages end where a piece of memory ends, so each is one piece."""
    waiting: list[pl.DataFrame] = []
    rows, first = 0, True
    for frame in frames:
        waiting.append(frame)
        rows += frame.height
        while rows >= ROWS:
            whole = pl.concat(waiting)
            yield whole[:ROWS].rechunk()
            waiting, rows, first = [whole[ROWS:]], rows - ROWS, False
    if rows or (first and waiting):
        yield pl.concat(waiting).rechunk()
