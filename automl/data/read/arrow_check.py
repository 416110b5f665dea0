"""Arrow of strangers measured before any library reads it: readers allocate what a length says, and end the process.

Every length of a node or a buffer is held against the layout of its column and the bytes that are there, the offsets of
texts and lists against what they point into. Sources: Arrow's Message.fbs and File.fbs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.data.read.arrow_layout import (
    BINARY_VIEW,
    FIXED_LIST,
    LARGE_LIST,
    LIST,
    MAP,
    NULL,
    OFFSETS,
    STRUCT,
    UTF8_VIEW,
    Layout,
    Layouts,
    layouts,
)
from automl.data.read.flatbuffers import Table, root

MAGIC = b"ARROW1"
MARK = 0xFFFFFFFF  # a message begins
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
MOST_ROWS = 1 << 31  # of one batch: a column of nothing has no bytes, whatever its length
LARGEST = 1 << 30  # bytes of a batch once decompressed, and
RATIO = 200  # how many of them a byte of a larger one may give

Content = bytes | memoryview
T = TypeVar("T")


class Batch(NamedTuple):
    """A batch that has been measured: of rows, or of the values of a dictionary; `size` bytes once decompressed."""

    kind: int
    rows: int
    compressed: bool
    columns: int = 0
    size: int = 0


class _Buffer(NamedTuple):
    """The bytes of a buffer once it is decompressed; `content` is None where it is compressed."""

    size: int
    content: memoryview | None


class _Parts(NamedTuple):
    """What is left of a batch: columns take theirs in turn."""

    nodes: Iterator[tuple[int, ...]]
    buffers: Iterator[_Buffer]
    views: Iterator[tuple[int, ...]]


def stream_batches(content: Content) -> Iterator[Batch]:
    """The batches of an Arrow IPC stream, each measured. Raises ValueError for what is no such stream."""
    known: Layouts | None = None
    at = 0
    while at < len(content):
        mark, size = _unpacked(content, at, "<Ii")
        if mark != MARK or size < 0:
            raise ValueError("no message begins here")
        if size == 0:
            break
        message = root(_cut(content, at + 8, size))
        length = message.number(3, "<q")
        body = _cut_view(content, at + 8 + size, length)
        if known is None:
            known = layouts(_header(message, SCHEMA))
        else:
            yield _measured(message, body, known)
        at += 8 + size + length
    if known is None:
        raise ValueError("there is no schema")


def file_batches(content: Content) -> Iterator[Batch]:
    """The batches of an Arrow IPC file, dictionaries first, each measured. Raises ValueError for what is none."""
    (size,) = _unpacked(content, len(content) - len(MAGIC) - 4, "<i")
    if bytes(content[: len(MAGIC)]) != MAGIC or bytes(content[-len(MAGIC) :]) != MAGIC:
        raise ValueError("it has no mark at its end")
    footer = root(_cut(content, len(content) - len(MAGIC) - 4 - size, size))
    schema = footer.table(1)
    if schema is None:
        raise ValueError("there is no schema")
    known = layouts(schema)
    for kind, field in ((DICTIONARY, 2), (BATCH, 3)):
        for start, metadata, _, length in footer.structs(field, "<qiiq"):
            message = root(_metadata(content, start, metadata))
            if message.number(1, "<B") != kind or message.number(3, "<q") != length:
                raise ValueError("the footer says other things than a message")
            yield _measured(message, _cut_view(content, start + metadata, length), known)


def _metadata(content: Content, start: int, size: int) -> bytes:
    """The bytes of a message's table, of which a file says that they and what stands before have `size` bytes."""
    mark, length = _unpacked(content, start, "<Ii")
    before = 8 if mark == MARK else 4  # files before Arrow 0.15 have no mark
    length = length if mark == MARK else mark
    if not 0 < length <= size - before:
        raise ValueError("a message is longer than the footer says")
    return _cut(content, start + before, length)


def _header(message: Table, *kinds: int) -> Table:
    header = message.table(2)
    if message.number(1, "<B") not in kinds or header is None:
        raise ValueError("an unknown message")
    return header


def _measured(message: Table, body: memoryview, known: Layouts) -> Batch:
    """The batch of a message, all of whose lengths hold."""
    kind, header = message.number(1, "<B"), _header(message, DICTIONARY, BATCH)
    columns: Sequence[Layout] = known.columns
    if kind == DICTIONARY:
        values, data = known.dictionaries.get(header.number(0, "<q")), header.table(1)
        if values is None or data is None:
            raise ValueError("a dictionary of no column, or without values")
        columns, header = (values,), data
    rows = header.number(0, "<q")
    if not 0 <= rows < MOST_ROWS:
        raise ValueError("a batch has more rows than can be")
    compressed = header.table(3) is not None
    buffers = _buffers(header, body, compressed=compressed)
    parts = _Parts(iter(header.structs(1, "<qq")), iter(buffers), iter(header.structs(4, "<q")))
    for column in columns:
        if _check_column(column, parts) != rows:
            raise ValueError("a column has another length than its batch")
    if any(next(iterator, None) is not None for iterator in parts):
        raise ValueError("a batch has parts of no column")
    return Batch(kind, rows, compressed, len(columns), sum(buffer.size for buffer in buffers))


def _buffers(header: Table, body: memoryview, *, compressed: bool) -> list[_Buffer]:
    """The buffers of a batch, which follow one another in its body."""
    found, end = [], 0
    for start, length in header.structs(2, "<qq"):
        if length == 0:
            found.append(_Buffer(0, body[:0]))
            continue
        if start < end or length < 0 or length > len(body) - start:
            raise ValueError("a buffer does not lie in its body")
        end = start + length
        found.append(_buffer(body[start:end], compressed=compressed))
    total = sum(buffer.size for buffer in found)
    if total > max(LARGEST, RATIO * len(body)):
        raise ValueError(f"a batch has {total:,} bytes in {len(body):,}: too much to open")
    return found


def _buffer(content: memoryview, *, compressed: bool) -> _Buffer:
    if not compressed:
        return _Buffer(len(content), content)
    (size,) = _unpacked(content, 0, "<q")
    if size < -1:
        raise ValueError("a buffer has a negative length")
    return _Buffer(len(content) - 8, content[8:]) if size == -1 else _Buffer(size, None)


def _check_column(column: Layout, parts: _Parts) -> int:
    """The rows of a column; its buffers are taken from `parts`, and those of the columns within it."""
    rows, nulls = _taken(parts.nodes)
    if not 0 <= nulls <= rows < MOST_ROWS:
        raise ValueError("a column has another number of missing values than can be")
    if column.kind == NULL:
        return rows
    validity = _taken(parts.buffers)
    if nulls or validity.size:
        _check_size(validity, -(-rows // 8))
    if column.kind in OFFSETS:
        _check_offsets(column, rows, parts)
    elif column.kind == STRUCT:
        _check_inner(column, rows, parts)
    elif column.kind == FIXED_LIST:
        _check_inner(column, rows * column.size, parts)
    else:
        fixed = _taken(parts.buffers)
        _check_size(fixed, -(-rows * column.bits // 8))
        if column.kind in {BINARY_VIEW, UTF8_VIEW}:
            _check_views(fixed, rows, parts)
    return rows


def _check_inner(column: Layout, rows: int, parts: _Parts) -> None:
    for inner in column.inner:
        if _check_column(inner, parts) != rows:
            raise ValueError("a column within another has another length")


def _check_offsets(column: Layout, rows: int, parts: _Parts) -> None:
    """Texts or lists: where each begins, and that all of them lie in what follows."""
    width, buffer = OFFSETS[column.kind], _taken(parts.buffers)
    if rows or buffer.size:  # of no rows not even the first offset has to be there
        _check_size(buffer, width * (rows + 1))
    nested = column.kind in {LIST, LARGE_LIST, MAP}
    length = _check_column(column.inner[0], parts) if nested else _taken(parts.buffers).size
    if buffer.content is None or not buffer.size:
        return
    offsets = np.frombuffer(buffer.content, f"<i{width}", rows + 1)
    if offsets[0] < 0 or offsets[-1] > length or (offsets[1:] < offsets[:-1]).any():
        raise ValueError("the offsets of a column do not rise within what they point into")


def _check_views(buffer: _Buffer, rows: int, parts: _Parts) -> None:
    """Texts that lie in one of several buffers: each long one lies in the buffer that it names."""
    (count,) = _taken(parts.views)
    held = [_taken(parts.buffers).size for _ in range(_within(count))]
    if buffer.content is None:
        return
    views = np.frombuffer(buffer.content, "<i4", 4 * rows).reshape(-1, 4).astype(np.int64)
    long = views[views[:, 0] > 12]  # noqa: PLR2004  # bytes that stand in the view itself
    if (views[:, 0] < 0).any() or (len(long) and not _inside(long, np.array([*held, 0]))):
        raise ValueError("a text lies out of its buffers")


def _inside(views: NDArray[np.int64], sizes: NDArray[np.int64]) -> bool:
    """Whether each view lies in its buffer; the last of `sizes` is of no buffer."""
    length, _, number, start = views.T
    fine = (number >= 0) & (number < len(sizes) - 1) & (start >= 0)
    return bool((fine & (start + length <= sizes[np.where(fine, number, -1)])).all())


def _check_size(buffer: _Buffer, least: int) -> None:
    if buffer.size < least:
        raise ValueError("a buffer is shorter than its rows need")


def _taken(items: Iterator[T]) -> T:
    found = next(items, None)
    if found is None:
        raise ValueError("a batch lacks parts of its columns")
    return found


def _within(count: int) -> int:
    if not 0 <= count < MOST_ROWS:
        raise ValueError("a column has more buffers than can be")
    return count


def _unpacked(content: Content, at: int, form: str) -> tuple[int, ...]:
    return struct.unpack(form, _cut(content, at, struct.calcsize(form)))


def _cut(content: Content, at: int, size: int) -> bytes:
    return bytes(_cut_view(content, at, size))


def _cut_view(content: Content, at: int, size: int) -> memoryview:
    if at < 0 or not 0 <= size <= len(content) - at:
        raise ValueError("a length goes beyond the bytes that are there")
    return memoryview(content)[at : at + size]
