"""Tables of flatbuffers read by hand: a place or a count that does not lie within the bytes is an error, never a read.

Standard library only, and no schema compiler: Arrow's metadata needs six kinds of fields.
Source: https://flatbuffers.dev/internals, "Encoding".
"""

from __future__ import annotations

import struct
from typing import NamedTuple


class Table(NamedTuple):
    """A table in `content`, whose root is `root(content)`. Its fields go by number, as in the schema's file.

    All methods raise ValueError for places outside of the content.
    """

    content: bytes
    at: int

    def number(self, field: int, form: str, default: int = 0) -> int:
        """The scalar in a field, in the form of `struct`."""
        place = self._place(field)
        return _unpacked(self.content, place, form)[0] if place else default

    def table(self, field: int) -> Table | None:
        """The table in a field, None where there is none."""
        place = self._place(field)
        return Table(self.content, _followed(self.content, place)) if place else None

    def tables(self, field: int) -> list[Table]:
        """The tables in a vector."""
        start, count = self._vector(field, 4)
        return [Table(self.content, _followed(self.content, start + 4 * number)) for number in range(count)]

    def structs(self, field: int, form: str) -> list[tuple[int, ...]]:
        """The structs in a vector, or its scalars; each as a tuple."""
        size = struct.calcsize(form)
        start, count = self._vector(field, size)
        return list(struct.iter_unpack(form, self.content[start : start + count * size]))

    def _vector(self, field: int, size: int) -> tuple[int, int]:
        """Where the items of a vector begin, and how many there are; each has `size` bytes."""
        place = self._place(field)
        if not place:
            return 0, 0
        at = _followed(self.content, place)
        (count,) = _unpacked(self.content, at, "<I")
        if count > (len(self.content) - at - 4) // size:
            raise ValueError("a vector is longer than the bytes that are there")
        return at + 4, count

    def _place(self, field: int) -> int:
        """Where the value of a field lies, 0 if it is absent."""
        vtable = self.at - _unpacked(self.content, self.at, "<i")[0]
        (size,) = _unpacked(self.content, vtable, "<H")
        entry = 4 + 2 * field
        (offset,) = _unpacked(self.content, vtable + entry, "<H") if entry + 2 <= size else (0,)
        return self.at + offset if offset else 0


def root(content: bytes) -> Table:
    """The table that the bytes begin with."""
    return Table(content, _followed(content, 0))


def _followed(content: bytes, place: int) -> int:
    """The place that the offset at `place` leads to."""
    found: int = _unpacked(content, place, "<I")[0]
    return place + found


def _unpacked(content: bytes, place: int, form: str) -> tuple[int, ...]:
    if not 0 <= place <= len(content) - struct.calcsize(form):
        raise ValueError("an offset leads out of the bytes that are there")
    return struct.unpack_from(form, content, place)
