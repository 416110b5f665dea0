"""Protobuf read by hand finds what the library wrote, and bytes that are no message end in one error."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from onnx import TensorProto, helper

from automl.graph.protobuf import fields, varint


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
    """A number that never ends, or only beyond ten bytes, is an IndexError."""
    with pytest.raises(IndexError):
        varint(memoryview(content), 0)


def test_fields_are_those_of_the_library() -> None:
    """The fields of a model, numbers and contents in their order, as onnx serialized them."""
    tensor = TensorProto(name="w", data_type=TensorProto.DOUBLE, dims=[2, 300], raw_data=np.zeros(2).tobytes())
    found = [(number, bytes(content)) for number, content in fields(memoryview(tensor.SerializeToString()))]
    assert found == [(1, b"\x02"), (1, b"\xac\x02"), (2, b"\x0b"), (8, b"w"), (9, b"\0" * 16)]


def test_fixed_widths_are_read() -> None:
    """Four and eight bytes, as floats and doubles have them."""
    content = b"\x15" + b"abcd" + b"\x19" + b"12345678"
    assert [(number, bytes(value)) for number, value in fields(memoryview(content))] == [(2, b"abcd"), (3, b"12345678")]


def test_ints_of_attributes_are_skipped_unless_asked_for() -> None:
    """A tree's thousands of whole numbers are passed over at once; what stands around them is still read."""
    attribute = helper.make_attribute("nodes_truenodeids", [1, 300, 0, -1] * 500)
    message = memoryview(attribute.SerializeToString())
    assert [number for number, _ in fields(message)] == [1, 20]
    asked = [bytes(value) for number, value in fields(message, ints=True) if number == 8]
    assert [varint(memoryview(value), 0)[0] for value in asked[:3]] == [1, 300, 0]
    assert len(asked) == 2_000


@pytest.mark.parametrize(
    "content", [b"\x0a\x05abcd", b"\x15abc", b"\x19" + b"1" * 7, b"\x0a", b"\x0b", b"\x0c", b"\x0f"]
)
def test_what_ends_too_early_or_is_a_group_is_refused(content: bytes) -> None:
    """A length beyond the end, a number cut off, and wire types that no message of onnx has: IndexError."""
    with pytest.raises(IndexError):
        list(fields(memoryview(content)))


def test_nothing_has_no_fields() -> None:
    """An empty message is one."""
    assert list(fields(memoryview(b""))) == []


@settings(max_examples=200)
@given(some.binary(max_size=40))
def test_any_bytes_are_fields_or_an_error(content: bytes) -> None:
    """Whatever comes, reading ends, and no content reaches beyond the message."""
    try:
        found = list(fields(memoryview(content), ints=True))
    except IndexError:
        return
    assert sum(len(value) + 1 for _, value in found) <= len(content)


def test_a_whole_model_is_walked() -> None:
    """Every node of a graph is found by its field numbers alone."""
    value = helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", 1])
    nodes = [helper.make_node("Add", ["x", "x"], ["a"]), helper.make_node("Neg", ["a"], ["y"])]
    model = helper.make_model(helper.make_graph(nodes, "g", [value], []))
    (graph,) = (content for number, content in fields(memoryview(model.SerializeToString())) if number == 7)
    kinds = [onnx.NodeProto.FromString(bytes(content)).op_type for number, content in fields(graph) if number == 1]
    assert kinds == ["Add", "Neg"]
