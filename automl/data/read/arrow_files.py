"""Arrow files as a whole, measured first; apart from other formats, for `score.py` has no library but polars."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from pathlib import Path

import polars as pl

from automl.data.read.arrow_check import MAGIC, file_batches, stream_batches
from automl.errors import DataError


def read_arrow(path: Path) -> pl.DataFrame:
    """All rows of an Arrow file or stream, as `is_arrow_file` finds it."""
    return pl.scan_ipc(path, glob=False).collect() if is_arrow_file(path) else pl.read_ipc_stream(path)


def is_arrow_file(path: Path) -> bool:
    """Whether it is an Arrow file and no stream; each of its lengths is measured first.

    Raises DataError where one does not hold, for a reader would allocate what it says (D11).
    """
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=str(path), hint="export the data again")
    with path.open("rb") as file:
        content = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    whole = content[: len(MAGIC)] == MAGIC
    try:
        for _ in (file_batches if whole else stream_batches)(content):
            pass
    except ValueError as error:
        hint = "it may be damaged: export the data again"
        raise DataError(f"the file cannot be read: {error}", where=str(path), hint=hint) from error
    return whole
