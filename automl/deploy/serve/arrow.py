"""Arrow streams of strangers: measured before polars opens them, so that a small body never becomes a large table."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import polars as pl

from automl.data.read.frames import renamed
from automl.deploy.serve.refusal import Refusal
from automl.names import outside

CONTENT = "application/vnd.apache.arrow.stream"
_MARK = 0xFFFFFFFF  # a message begins
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_LENGTH, _COMPRESSION = 0, 3  # fields of a record batch
_KIND, _HEADER, _BODY = 1, 2, 3  # fields of a message
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
        for kind, batch in _messages(body):
            if _field(body, batch, _COMPRESSION):
                raise Refusal(422, "the stream is compressed", hint="Write it without compression.")
            place = _field(body, batch, _LENGTH)
            length: int = struct.unpack_from("<q", body, place)[0] if place else 0
            rows += length if kind == _BATCH else 0
            if not 0 <= length <= max_rows or rows > max_rows:
                raise too_many(max(length, rows), max_rows)
    except (struct.error, ValueError, IndexError) as error:
        raise Refusal(422, "the body is no Arrow stream", hint="The format is that of Arrow IPC streams.") from error


def too_many(rows: int, most: int) -> Refusal:
    """The refusal of more rows than one request may have."""
    return Refusal(413, f"there are {rows:,} rows, the most is {most:,}", hint="Send fewer rows at a time.")


def _messages(body: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each batch of the stream, and where its table lies (Arrow's Message.fbs)."""
    at = 0
    while at < len(body):
        mark, size = struct.unpack_from("<Ii", body, at)
        if mark != _MARK or size < 0:
            raise ValueError("no message begins here")
        if size == 0:
            return
        start = at + 8
        message = start + struct.unpack_from("<I", body, start)[0]
        kind_at, header_at, length_at = (_field(body, message, field) for field in (_KIND, _HEADER, _BODY))
        kind = body[kind_at] if kind_at else 0
        length: int = struct.unpack_from("<q", body, length_at)[0] if length_at else 0
        if kind not in {_SCHEMA, _DICTIONARY, _BATCH} or not header_at or length < 0:
            raise ValueError("an unknown message")
        header = header_at + struct.unpack_from("<I", body, header_at)[0]
        if kind == _BATCH:
            yield kind, header
        elif kind == _DICTIONARY:
            data = _field(body, header, 1)
            if not data:
                raise ValueError("a dictionary without values")
            yield kind, data + struct.unpack_from("<I", body, data)[0]
        at = start + size + length


def _field(body: bytes, table: int, number: int) -> int:
    """Where the value of a table's field lies, 0 if it is absent (the flatbuffers format)."""
    vtable = table - struct.unpack_from("<i", body, table)[0]
    if not 0 <= vtable < len(body):
        raise ValueError("a table without a vtable")
    size = struct.unpack_from("<H", body, vtable)[0]
    entry = 4 + 2 * number
    offset: int = struct.unpack_from("<H", body, vtable + entry)[0] if entry < size else 0
    return table + offset if offset else 0
