"""Arrow streams of strangers: measured before polars opens them, so that a small body never becomes a large table."""

from __future__ import annotations

import io

import polars as pl

from automl.data.read.arrow_check import BATCH, stream_batches
from automl.data.read.frames import renamed
from automl.deploy.serve.refusal import Refusal
from automl.names import outside

CONTENT = "application/vnd.apache.arrow.stream"
_GROWTH = 4  # bytes of text for each byte of the body: a dictionary may repeat a word, but not without end


def read_stream(body: bytes, *, columns: set[str], strict: bool, max_rows: int) -> pl.DataFrame:
    """The rows of an uncompressed Arrow IPC stream, those of `columns` that it has. Refusals: 413 and 422.

    Where `strict`, further columns are refused.
    """
    check_stream(body, max_rows=max_rows)
    try:
        frame = renamed(pl.read_ipc_stream(io.BytesIO(body), use_pyarrow=False))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OSError) as error:
        raise Refusal(422, "the body is no Arrow stream that can be read", hint=type(error).__name__) from None
    if frame.height > max_rows:
        raise too_many(frame.height, max_rows)
    own = {name for name in frame.columns if outside(name) not in columns}
    if strict and own:
        raise Refusal(422, f"no column {outside(min(own))!r} is known", hint="Leave it out.")
    frame = frame.drop(own)
    for name, kind in frame.schema.items():
        if kind.is_nested() or kind in {pl.Object, pl.Binary}:
            raise Refusal(422, "a column of single values was expected", where=f"column {name!r}")
    text = frame.select(pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String).str.len_bytes().sum())
    if sum(text.row(0) if text.width else ()) > _GROWTH * len(body):
        raise Refusal(413, "the texts of the stream are far larger than the stream", hint="Send fewer rows at a time.")
    return frame


def write_stream(frame: pl.DataFrame) -> bytes:
    """The rows as an uncompressed Arrow IPC stream that every reader of Arrow knows."""
    file = io.BytesIO()
    frame.write_ipc_stream(file, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    return file.getvalue()


def check_stream(body: bytes, *, max_rows: int) -> None:
    """Refuse a stream with compressed batches, with more rows than `max_rows`, or that is none."""
    rows = 0
    try:
        for batch in stream_batches(body):
            if batch.compressed:
                raise Refusal(422, "the stream is compressed", hint="Write it without compression.")
            rows += batch.rows if batch.kind == BATCH else 0
            if batch.rows > max_rows or rows > max_rows:
                raise too_many(max(batch.rows, rows), max_rows)
    except ValueError as error:
        hint = "The format is that of Arrow IPC streams."
        raise Refusal(422, f"the body is no Arrow stream: {error}", hint=hint) from error


def too_many(rows: int, most: int) -> Refusal:
    """The refusal of more rows than one request may have."""
    return Refusal(413, f"there are {rows:,} rows, the most is {most:,}", hint="Send fewer rows at a time.")
