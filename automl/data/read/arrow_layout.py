"""Which buffers the columns of an Arrow schema have, and how many bytes each of them needs for so many rows.

Sources: Arrow's "Columnar format", and its Schema.fbs for the numbers of fields and types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from automl.data.read.flatbuffers import Table

DEEP = 32  # columns within columns; readers call themselves for each
SMALLEST_FIELD = 8  # bytes of metadata; one that stands twice would make trees of any size out of few

NULL, INT, FLOAT, BINARY, UTF8, BOOL, DECIMAL, DATE, TIME, TIMESTAMP, INTERVAL, LIST, STRUCT = range(1, 14)
FIXED_BINARY, FIXED_LIST, MAP, DURATION, LARGE_BINARY, LARGE_UTF8, LARGE_LIST = range(15, 22)
BINARY_VIEW, UTF8_VIEW = 23, 24
OFFSETS = {BINARY: 4, UTF8: 4, LIST: 4, MAP: 4, LARGE_BINARY: 8, LARGE_UTF8: 8, LARGE_LIST: 8}  # bytes of each
NESTED = {LIST: 1, MAP: 1, LARGE_LIST: 1, FIXED_LIST: 1, STRUCT: None}  # how many columns stand within, None for any


class Layout(NamedTuple):
    """A column: its type, the bits of a row's fixed part, the columns within it.

    `size` is how many rows of the inner column a row of a list of fixed size has.
    """

    kind: int
    bits: int = 0
    size: int = 0
    inner: tuple[Layout, ...] = ()


class Layouts(NamedTuple):
    """The columns of record batches, and the values of each dictionary by its id."""

    columns: tuple[Layout, ...]
    dictionaries: Mapping[int, Layout]


def layouts(schema: Table) -> Layouts:
    """The layouts of a schema. Raises ValueError for one that is damaged, or of a kind that is not read."""
    if schema.number(0, "<h"):
        raise ValueError("its numbers are big-endian")
    dictionaries: dict[int, Layout] = {}
    left = iter(range(len(schema.content) // SMALLEST_FIELD))
    columns = tuple(_column(field, dictionaries, left, 0) for field in schema.tables(1))
    return Layouts(columns, dictionaries)


def _column(field: Table, dictionaries: dict[int, Layout], left: Iterator[int], depth: int) -> Layout:
    """The layout of a field; the values of a dictionary are noted, and the column is their indices."""
    if next(left, None) is None or depth > DEEP:
        raise ValueError("its columns are nested without end")
    inner = tuple(_column(child, dictionaries, left, depth + 1) for child in field.tables(5))
    values = _layout(field.number(2, "<B"), field.table(3), inner)
    encoding = field.table(4)
    if encoding is None:
        return values
    number, index = encoding.number(0, "<q"), encoding.table(1)
    if dictionaries.setdefault(number, values) != values:
        raise ValueError("two columns of other types share a dictionary")
    return Layout(INT, _bits(INT, index) if index else 32)


def _layout(kind: int, form: Table | None, inner: tuple[Layout, ...]) -> Layout:
    if form is None:
        raise ValueError("a column has no type")
    wanted = NESTED.get(kind, 0)
    if wanted is not None and len(inner) != wanted:
        raise ValueError("a column has other columns within it than its type says")
    if kind in OFFSETS or kind in {NULL, STRUCT}:
        return Layout(kind, inner=inner)
    if kind in {BINARY_VIEW, UTF8_VIEW}:
        return Layout(kind, bits=128)
    if kind == FIXED_LIST:
        return Layout(kind, size=_positive(form.number(0, "<i")), inner=inner)
    return Layout(kind, bits=_bits(kind, form))


def _bits(kind: int, form: Table) -> int:
    """How wide a row of a fixed type is."""
    if kind in {TIMESTAMP, DURATION}:
        return 64
    if kind == BOOL:
        return 1
    if kind == FIXED_BINARY:
        return 8 * _positive(form.number(0, "<i"))
    widths: dict[int, Callable[[], int]] = {
        INT: lambda: form.number(0, "<i"),
        FLOAT: lambda: 16 << form.number(0, "<h"),
        DECIMAL: lambda: form.number(2, "<i", 128),
        DATE: lambda: 32 if form.number(0, "<h", 1) == 0 else 64,
        TIME: lambda: form.number(1, "<i", 32),
        INTERVAL: lambda: 32 << form.number(0, "<h"),
    }
    if kind not in widths:
        raise ValueError("a column is of a kind that is not read")
    bits = widths[kind]()
    if bits not in {8, 16, 32, 64, 128, 256}:
        raise ValueError("a column has a width that is none")
    return bits


def _positive(number: int) -> int:
    if number < 0:
        raise ValueError("a column has a negative width")
    return number
