"""Protobuf read by hand finds what the library wrote, in its one form; anything else ends in one of two errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from onnx import TensorProto, helper

from automl.graph import protobuf
from automl.graph.parse import ATTRIBUTE, MODEL, TENSOR
from automl.graph.protobuf import DamagedError, ForbiddenError, grammar, varint, whole_numbers

PAIR = grammar([protobuf.whole(1, "number"), protobuf.text(2, "text"), protobuf.wholes(3, "row")], never={4: "a fish"})


def encoded(value: int) -> bytes:
    """A varint, lowest seven bits first."""
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


@given(some.integers(0, 2**64 - 1), some.binary(max_size=3))
def test_whole_numbers_come_back(value: int, before: bytes) -> None:
    """Any 64-bit number is read from where it begins, and its end is told."""
    content = before + encoded(value) + b"\x05"
    assert varint(memoryview(content), len(before)) == (value, len(content) - 1)


@pytest.mark.parametrize("content", [b"", b"\x80", b"\xff" * 9, b"\xff" * 11])
def test_a_number_without_an_end_is_none(content: bytes) -> None:
    """A number that never ends, or only beyond ten bytes, is damaged."""
    with pytest.raises(DamagedError):
        varint(memoryview(content), 0)


@pytest.mark.parametrize("content", [b"\x80\x00", b"\x81\x80\x00", b"\xff" * 9 + b"\x02", b"\xff" * 9 + b"\x7f"])
def test_a_number_longer_than_it_needs_is_damaged(content: bytes) -> None:
    """B10: bytes that say nothing, or bits beyond the 64th, which readers cut off or do not, are refused."""
    with pytest.raises(DamagedError, match="longer"):
        varint(memoryview(content), 0)


@given(some.lists(some.integers(-(2**63), 2**63 - 1), max_size=30))
def test_a_run_of_numbers_comes_back(values: list[int]) -> None:
    """Numbers that stand one by one are one array, whatever their lengths and signs."""
    run = b"".join(b"\x18" + encoded(value % 2**64) for value in values)
    assert whole_numbers(memoryview(run)).tolist() == values
    found = PAIR.read(memoryview(run))["row"]
    assert np.concatenate([np.zeros(0, dtype=np.int64), *found]).tolist() == values


def test_the_fields_of_a_message_come_by_name() -> None:
    """What stands, stands under its name; what does not is None or nothing."""
    found = PAIR.read(memoryview(b"\x08\x07\x12\x02\xc3\xa9"))
    assert found == {"number": 7, "text": "é", "row": ()}


def test_a_number_below_zero_is_read() -> None:
    """A signed number of 64 bits, as the format writes it."""
    assert PAIR.read(memoryview(b"\x08" + encoded(2**64 - 3)))["number"] == -3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x08\x07\x08\x07", "stands twice"),
        (b"\x12\x00\x08\x07", "out of its order"),
        (b"\x12\x05ab", "too early"),
        (b"\x12\x01\xff", "UTF-8"),
        (b"\x02\x00", "number 0"),
        (b"\x88\x00\x07", "longer"),
        (b"\x08\x87\x00", "longer"),
        (b"\x18\x87\x00", "longer"),
        (b"\x12\x82\x00ab", "longer"),
    ],
)
def test_another_form_of_a_message_is_damaged(content: bytes, why: str) -> None:
    """B10: fields twice, cut contents, other text, and longer tags, numbers and lengths."""
    with pytest.raises(DamagedError, match=why):
        PAIR.read(memoryview(content))


@pytest.mark.parametrize("wire", [1, 2, 3, 4, 5])
def test_a_known_number_with_another_wire_type_is_forbidden(wire: int) -> None:
    """A number that comes as bytes, as a group or in fixed width is another field."""
    with pytest.raises(ForbiddenError, match="number 1"):
        PAIR.read(memoryview(bytes([1 << 3 | wire]) + b"\x00" * 9))


def test_unknown_fields_are_forbidden_and_known_ones_named() -> None:
    """The refusal says what a field would be, where that is known."""
    with pytest.raises(ForbiddenError, match="a fish"):
        PAIR.read(memoryview(b"\x20\x01"))
    with pytest.raises(ForbiddenError, match="number 9"):
        PAIR.read(memoryview(b"\x48\x01"))


@pytest.mark.parametrize("bit", [29, 31, 32, 33, 40, 59])
def test_a_tag_beyond_the_numbers_of_fields_is_damaged(bit: int) -> None:
    """B10: a tag with a high bit, which other readers cut off and so read as a field of their own, is refused."""
    with pytest.raises(DamagedError, match="no field"):
        PAIR.read(memoryview(encoded((1 << bit << 3) | 8) + b"\x07"))


def test_a_tensor_and_an_attribute_are_those_of_the_library() -> None:
    """Contents as onnx serialized them."""
    tensor = TensorProto(name="w", data_type=TensorProto.DOUBLE, dims=[2, 300], raw_data=b"\0" * 16)
    found = TENSOR.read(memoryview(tensor.SerializeToString()))
    assert (found["name"], found["element"], bytes(found["raw"])) == ("w", TensorProto.DOUBLE, b"\0" * 16)
    assert np.concatenate(found["dims"]).tolist() == [2, 300]
    attribute = helper.make_attribute("nodes_truenodeids", [1, 300, 0, -1] * 500)
    read = ATTRIBUTE.read(memoryview(attribute.SerializeToString()))
    assert np.concatenate(read["wholes"]).tolist() == [1, 300, 0, -1] * 500


@settings(max_examples=300)
@given(some.binary(max_size=40))
def test_any_bytes_are_a_message_or_one_of_two_errors(content: bytes) -> None:
    """Whatever comes, reading ends, and nothing is made up."""
    for message in (PAIR, MODEL):
        try:
            found = message.read(memoryview(content))
        except (DamagedError, ForbiddenError):
            continue
        assert content or not any(found.values())
