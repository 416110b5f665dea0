"""Files that are read a part at a time: lines of JSON, and Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import polars as pl

from automl.data.read.guard import guarded


def ndjson(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Frames of at most `rows` lines. A key that earlier lines had is a column from then on, empty where it lacks."""
    known: dict[str, None] = {}
    with path.open("rb") as file:
        lines = (line for line in file if line.strip())
        while chunk := b"".join(islice(lines, rows)):
            frame = guarded(partial(pl.read_ndjson, chunk, infer_schema_length=None), path)
            known |= dict.fromkeys(frame.columns)
            lacking = [pl.lit(None).alias(name) for name in known if name not in frame.columns]
            yield frame.with_columns(lacking).select(list(known))


def arrow(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Frames of at most `rows` rows of an Arrow file (mapped) or stream (its record batches one by one)."""
    with path.open("rb") as file:
        magic = file.read(6)
    if magic == b"ARROW1":
        scan = pl.scan_ipc(path)
        height = guarded(lambda: int(scan.select(pl.len()).collect().item()), path)
        for start in range(0, max(height, 1), rows):
            yield guarded(scan.slice(start, rows).collect, path)
        return
    import pyarrow as pa

    with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as stream:
        for batch in stream:
            yield from pl.DataFrame(pl.from_arrow(batch)).iter_slices(rows)
