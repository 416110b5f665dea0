"""Each type of Arrow has its layout, and what has none is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from automl.data.read.arrow_layout import INT, NULL, STRUCT, Layout, Layouts, layouts
from automl.data.read.flatbuffers import root


def of(**fields: pa.DataType) -> Layouts:
    message = root(bytes(pa.schema(fields).serialize())[8:])
    header = message.table(2)
    assert header is not None
    return layouts(header)


@pytest.mark.parametrize(
    ("kind", "bits"),
    [
        (pa.bool_(), 1),
        (pa.int8(), 8),
        (pa.uint64(), 64),
        (pa.float16(), 16),
        (pa.float64(), 64),
        (pa.decimal128(9, 2), 128),
        (pa.decimal256(40, 2), 256),
        (pa.date32(), 32),
        (pa.date64(), 64),
        (pa.time32("s"), 32),
        (pa.time64("us"), 64),
        (pa.timestamp("ns", "UTC"), 64),
        (pa.duration("ms"), 64),
        (pa.month_day_nano_interval(), 128),
        (pa.binary(3), 24),
        (pa.string_view(), 128),
    ],
)
def test_the_width_of_a_row(kind: pa.DataType, bits: int) -> None:
    """A type has as many bits a row as its buffer needs."""
    (column,) = of(a=kind).columns
    assert column.bits == bits


def test_columns_within_columns() -> None:
    """A struct has its fields, a column of nothing no buffer, a dictionary its indices and, apart, its values."""
    inner = pa.struct({"n": pa.null(), "d": pa.dictionary(pa.int16(), pa.int64())})
    found = of(a=inner)
    assert found.columns == (Layout(STRUCT, inner=(Layout(NULL), Layout(INT, bits=16))),)
    assert list(found.dictionaries.values()) == [Layout(INT, bits=64)]


@pytest.mark.parametrize(
    "kind",
    [pa.dense_union([pa.field("a", pa.int8())]), pa.run_end_encoded(pa.int32(), pa.int8()), pa.list_view(pa.int8())],
)
def test_kinds_that_are_not_read(kind: pa.DataType) -> None:
    """Unions, runs and views of lists have no single value a row."""
    with pytest.raises(ValueError, match="column"):
        of(a=kind)


def test_nesting_ends() -> None:
    """Columns within columns end before any reader's stack does."""
    kind = pa.int8()
    for _ in range(40):
        kind = pa.list_(kind)
    with pytest.raises(ValueError, match="nested without end"):
        of(a=kind)
