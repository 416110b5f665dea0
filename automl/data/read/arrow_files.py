"""Arrow files as a whole, measured first; apart from other formats, for `score.py` has no library but polars."""

from __future__ import annotations

from glob import escape
from mmap import ACCESS_READ, mmap
from pathlib import Path

import polars as pl

from automl.data.read.arrow_check import BATCH, MAGIC, Batch, file_batches, stream_batches
from automl.data.read.weight import CELL, Extent
from automl.errors import DataError


def read_arrow(path: Path) -> pl.DataFrame:
    """All rows of an Arrow file or stream, as `is_arrow_file` finds it."""
    return scan_arrow(path).collect() if is_arrow_file(path) else pl.read_ipc_stream(path)


def scan_arrow(path: Path) -> pl.LazyFrame:
    """The rows of an Arrow file, as far as they are asked for."""
    return pl.scan_ipc(escape(str(path)))  # polars takes "[1]" for a pattern of files, before 1.35 without a choice


def is_arrow_file(path: Path) -> bool:
    """Whether it is an Arrow file and no stream; each of its lengths is measured first.

    Raises DataError where one does not hold, for a reader would allocate what it says (D11).
    """
    return _measured(path)[0]


def arrow_extent(path: Path) -> Extent:
    """How much an Arrow file or stream is; a text of a dictionary counts once. Raises DataError as `is_arrow_file`."""
    _, batches = _measured(path)
    parts = [batch for batch in batches if batch.kind == BATCH]
    rows, columns = sum(part.rows for part in parts), max((part.columns for part in parts), default=0)
    text = sum(batch.size for batch in batches) - CELL * rows * columns
    return Extent(rows=rows, columns=columns, text=max(0, text))


def _measured(path: Path) -> tuple[bool, list[Batch]]:
    """Whether a path is a file and no stream, and its batches."""
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=str(path), hint="export the data again")
    with path.open("rb") as file:
        content = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    whole = content[: len(MAGIC)] == MAGIC
    try:
        return whole, list((file_batches if whole else stream_batches)(content))
    except ValueError as error:
        hint = "it may be damaged: export the data again"
        raise DataError(f"the file cannot be read: {error}", where=str(path), hint=hint) from error
