"""Protobuf read by hand, because what ships does not import onnx.

A message is a row of fields, each with a number (those of onnx.proto) and a wire type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_LONGEST_VARINT = 10
_INTS = re.compile(
    rb"(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])+"
)  # the `ints` of attributes, one field each: skipped at once


def fields(message: memoryview, *, ints: bool = False) -> Iterator[tuple[int, memoryview]]:
    """The number and content of each field (of a varint, its bytes); the `ints` of attributes only where asked for.

    `IndexError` where the bytes end too early or are no message.
    """
    at = 0
    while at < len(message):
        skipped = None if ints else _INTS.match(message, at)
        if skipped:
            at = skipped.end()
            continue
        tag, at = varint(message, at)
        start, end = _span(message, at, tag & 7)
        if end > len(message):
            raise IndexError(end)
        yield tag >> 3, message[start:end]
        at = end


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """The whole number that begins at `at`, and where it ends."""
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004  # the highest bit says that another byte follows
            return value, at + place + 1
    raise IndexError(at)


def _span(message: memoryview, at: int, wire: int) -> tuple[int, int]:
    if wire == _BYTES:
        length, start = varint(message, at)
        return start, start + length
    if wire == _VARINT:
        return at, varint(message, at)[1]
    if wire in {_EIGHT, _FOUR}:
        return at, at + (8 if wire == _EIGHT else 4)
    raise IndexError(wire)  # groups are not part of the format
