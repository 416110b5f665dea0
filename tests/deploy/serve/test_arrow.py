"""A stream is measured before it is opened."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.deploy.serve import arrow
from automl.deploy.serve.refusal import Refusal

FRAME = pl.DataFrame({"age": [1.0, None, 3.5], "job": ["a", "", None], "day": ["x", "y", "z"]})
COLUMNS = {"age", "job"}


def read(body, *, strict=False, max_rows=100):
    return arrow.read_stream(body, columns=COLUMNS, strict=strict, max_rows=max_rows)


def stream(table, **options):
    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return file.getvalue()


def test_there_and_back():
    """What polars or pyarrow wrote is read, the known columns of it."""
    assert read(arrow.write_stream(FRAME)).equals(FRAME.select("age", "job"))
    assert read(stream(FRAME.to_arrow())).equals(FRAME.select("age", "job"))
    assert read(stream(FRAME.head(0).to_arrow())).height == 0


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_batches_are_refused(compression):
    """V01: a compressed batch could be a thousand times as large as the body."""
    body = stream(pa.table({"age": [0.0] * 90}), compression=compression)
    with pytest.raises(Refusal, match="compressed") as refused:
        read(body)
    assert refused.value.status == 422


def test_rows_are_counted_before_they_are_read(monkeypatch):
    """V01: a column of nothing has no bytes, whatever its length: too many rows are 413 before polars sees them."""
    monkeypatch.setattr(pl, "read_ipc_stream", None)
    for table in (pa.table({"age": pa.nulls(10**9)}), pa.table({"age": [1.0] * 101})):
        with pytest.raises(Refusal) as refused:
            read(stream(table))
        assert refused.value.status == 413
    batches = pa.Table.from_batches([pa.record_batch({"age": [1.0] * 60})] * 2)
    with pytest.raises(Refusal, match="120 rows"):
        read(stream(batches))


@pytest.mark.parametrize("lie", [1 << 47, -1, 8_001])
def test_lengths_are_measured_before_they_are_trusted(monkeypatch, lie):
    """V01: a buffer that says it is larger than its body is 422 before polars would allocate it."""
    body = bytearray(stream(pa.table({"age": [1.0] * 100})))
    (at, *_) = (at for at in range(0, len(body) - 16, 8) if struct.unpack_from("<qq", body, at) == (0, 800))
    struct.pack_into("<q", body, at + 8, lie)
    monkeypatch.setattr(pl, "read_ipc_stream", None)
    with pytest.raises(Refusal, match="does not lie in its body") as refused:
        read(bytes(body))
    assert refused.value.status == 422


def test_a_dictionary_does_not_multiply():
    """V01: a long word that a dictionary repeats in every row is 413."""
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 100), pa.array(["x" * 100_000]))
    with pytest.raises(Refusal, match="far larger") as refused:
        read(stream(pa.table({"job": words})))
    assert refused.value.status == 413


@pytest.mark.parametrize("cells", [[[1]], [{"a": 1}], [b"x"]])
def test_a_cell_is_a_single_value(cells):
    """V02: lists, records and bytes are refused with the column."""
    with pytest.raises(Refusal) as refused:
        read(stream(pa.table({"job": cells})))
    assert (refused.value.status, refused.value.where) == (422, "column 'job'")


@given(st.binary(min_size=1, max_size=60))
@settings(max_examples=50)
def test_no_stream(body):
    """V02: bytes that are no stream are refused."""
    with pytest.raises(Refusal) as refused:
        read(b"\xff\xff\xff\xff\x10\x00\x00\x00" + body)
    assert refused.value.status in {413, 422}


@given(st.data())
@settings(max_examples=60)
def test_bytes_that_flipped(data):
    """V02: a stream with some other bytes in it is rows or a refusal, never anything else."""
    body = bytearray(arrow.write_stream(FRAME))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refusal):
        assert read(bytes(body)).width <= 2
