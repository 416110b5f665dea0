"""Tables are read within their bytes, or not at all."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.read.flatbuffers import root

# the root's place; a vtable of three fields (a number, none, a vector); the table; a vector of two numbers
CONTENT = struct.pack("<I HHHHH2x iiI Iqq", 16, 10, 12, 4, 0, 8, 12, 7, 4, 2, -1, 5)


def test_fields_by_number() -> None:
    """A field that is absent, or that the table is too old to have, is its default."""
    table = root(CONTENT)
    assert (table.number(0, "<i"), table.number(1, "<i", 3), table.number(9, "<i", 4)) == (7, 3, 4)
    assert table.structs(2, "<q") == [(-1,), (5,)]
    assert (table.table(1), table.tables(1)) == (None, [])


@pytest.mark.parametrize("count", [3, 1 << 31, (1 << 32) - 1])
def test_a_vector_ends_where_the_bytes_do(count: int) -> None:
    """A count beyond what is there is an error before anything is read."""
    content = bytearray(CONTENT)
    struct.pack_into("<I", content, 28, count)
    with pytest.raises(ValueError, match="longer than the bytes"):
        root(bytes(content)).structs(2, "<q")


@given(st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    """Whatever the bytes are, a read gives numbers or ValueError."""
    for read in (lambda: root(content).structs(1, "<qq"), lambda: root(content).number(0, "<q")):
        try:
            read()
        except ValueError as error:
            assert "bytes that are there" in str(error)  # noqa: PT017  # most bytes are no table
