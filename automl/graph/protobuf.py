"""Protobuf read by hand, because what ships does not import onnx; only its one shortest form is read.

Protobuf writes the same message in many ways, and readers differ over the odd ones: over a tag or number of more bytes
than it needs, a field that stands twice, a number that nobody knows. Here a message has one form, the one that its
library writes: its fields in the order of their numbers, each number as short as it can be. What is read so is byte for
byte what would be written anew, and no other reader sees anything else in it. The source is the encoding's description
at protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Message = Mapping[str, Any]  # the content of each field by its name; a tuple where it may stand more than once
Read = Callable[[memoryview], Any]
_VARINT, _BYTES = 0, 2
_BITS = 64
_TAG_BITS = 29  # of a field's number, as the format allows


class DamagedError(ValueError):
    """Bytes that are no message, or not in its one form."""


class ForbiddenError(ValueError):
    """A field that a message may not have; its text is what that field would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message: its number and wire type as a tag, its name, and how its content is read."""

    tag: int
    name: str
    read: Read
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The fields that a message may have, by tag, and the names of those that are known and never allowed."""

    fields: Mapping[int, Field]
    never: Mapping[int, str]

    def read(self, message: memoryview) -> Message:
        """The content of each field: None or an empty tuple where it does not stand.

        Raises `DamagedError` where the bytes are no message in its one form, `ForbiddenError` for any other field.
        """
        found: dict[str, Any] = {field.name: [] if field.many else None for field in self.fields.values()}
        for field, content in self._fields(message):
            value = field.read(content)
            if field.many:
                found[field.name].append(value)
            elif found[field.name] is None:
                found[field.name] = value
            else:
                raise DamagedError(f"'{field.name}' stands twice")
        return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}

    def _fields(self, message: memoryview) -> Iterator[tuple[Field, memoryview]]:
        at, last = 0, 0
        while at < len(message):
            tag, start = varint(message, at)
            field = self.fields.get(tag)
            if field is None:
                raise self._stranger(tag)
            if tag < last:
                raise DamagedError(f"'{field.name}' is out of its order")
            last = tag
            if field.read is whole_numbers:
                end = _run(message, at, tag)
                yield field, message[at:end]
            elif tag & 7 == _VARINT:
                end = varint(message, start)[1]
                yield field, message[start:end]
            else:
                length, start = varint(message, start)
                end = start + length
                if end > len(message):
                    raise DamagedError("the bytes end too early")
                yield field, message[start:end]
            at = end

    def _stranger(self, tag: int) -> Exception:
        number = tag >> 3
        if number == 0 or number >> _TAG_BITS:
            return DamagedError(f"no field has the number {number}")
        return ForbiddenError(self.never.get(number, f"a field of the number {number}"))


def grammar(fields: Iterable[Field], never: Mapping[int, str] | None = None) -> Grammar:
    """A message with these fields; `never` names fields by number for the refusal."""
    return Grammar(fields={field.tag: field for field in fields}, never=never or {})


def whole(number: int, name: str) -> Field:
    """A signed whole number of 64 bits."""
    return Field(tag=number << 3 | _VARINT, name=name, read=_signed)


def wholes(number: int, name: str) -> Field:
    """Whole numbers that stand one by one: runs of them, each an array int64 [length]."""
    return Field(tag=number << 3 | _VARINT, name=name, read=whole_numbers, many=True)


def text(number: int, name: str, *, many: bool = False) -> Field:
    """Text in UTF-8."""
    return Field(tag=number << 3 | _BYTES, name=name, read=_text, many=many)


def content(number: int, name: str) -> Field:
    """Bytes as they stand, not copied."""
    return Field(tag=number << 3 | _BYTES, name=name, read=lambda value: value)


def message(number: int, name: str, of: Grammar, *, many: bool = False) -> Field:
    """A message within the message."""
    return Field(tag=number << 3 | _BYTES, name=name, read=partial(Grammar.read, of), many=many)


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """The whole number that begins at `at`, in no more bytes than it needs, and where it ends."""
    value = 0
    for place, byte in enumerate(message[at : at + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004  # the highest bit says that another byte follows
            if (place and not byte) or value >> _BITS:
                raise DamagedError("a number is written longer than it is")
            return value, at + place + 1
    raise DamagedError("a number has no end")


def whole_numbers(run: memoryview) -> NDArray[np.int64]:
    """The numbers of a run: varints, each behind a tag of one byte."""
    bytes_ = np.frombuffer(run, dtype=np.uint8)
    ends = np.flatnonzero(bytes_ < 0x80)  # noqa: PLR2004  # as in `varint`
    starts, lasts = ends[::2] + 1, ends[1::2]
    values = np.zeros(len(starts), dtype=np.uint64)
    for place in range(int((lasts - starts).max(initial=-1)) + 1):
        there = starts + place <= lasts
        part = bytes_[starts[there] + place].astype(np.uint64) & np.uint64(0x7F)
        values[there] |= part << np.uint64(7 * place)
    return values.view(np.int64)


def _run(message: memoryview, at: int, tag: int) -> int:
    """The end of the run of numbers that begins at `at`."""
    found = _runs(tag).match(message, at)
    if not found:
        raise DamagedError("a number has no end, or is written longer than it is")
    return found.end()


def _runs(tag: int) -> re.Pattern[bytes]:
    """Numbers in their shortest form, each behind this tag."""
    shortest = rb"(?:[\x00-\x7f]|[\x80-\xff]{1,8}[\x01-\x7f]|[\x80-\xff]{9}\x01)"
    return re.compile(rb"(?:" + re.escape(bytes([tag])) + shortest + rb")+")  # `re` keeps what it compiled


def _signed(value: memoryview) -> int:
    found = varint(value, 0)[0]
    return found - (1 << _BITS) if found >> (_BITS - 1) else found


def _text(value: memoryview) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise DamagedError("a text is not UTF-8") from error
